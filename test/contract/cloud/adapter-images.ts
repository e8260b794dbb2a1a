import { expect, it } from "vitest";
import * as z from "zod/mini";
import type { Cloud } from "../../../shared/cloud-ports.ts";
import { signInRaw } from "../raw-cloud.ts";
import type { Stage } from "../stage.ts";
import { expectRefused, NOBODY } from "./expect-refused.ts";

/** The port `Images`. */
export function adapterImagesContract(stage: Stage, cloud: Cloud): void {
  const { images } = cloud;
  const imageOf = async (id: string) => {
    const image = await images.image(id);
    if (image === null) throw new Error(`no image ${id}`);
    return image;
  };

  it("lists by id leave hidden images out; names are exact and include them", async () => {
    const name = stage.name("port-list");
    const plain = await stage.makeImage(name);
    const hidden = await stage.makeImage(name, { os_hidden: true });
    await stage.makeImage(stage.name("PORT-LIST"));
    expect([...(await images.listed([plain, hidden, NOBODY])).keys()]).toEqual([plain]);
    const named = await images.named(name);
    expect(named.map(({ id }) => id).toSorted()).toEqual([plain, hidden].toSorted());
    expect(named.find(({ id }) => id === hidden)).toMatchObject({ hidden: true });
    expect(await images.named(`in:${name}`)).toEqual([]);
    expect(await images.image(NOBODY)).toBeNull();
  });

  it("says by its newest version whether it may refuse an upload for its content", async () => {
    const answer = await stage.call({ service: "image", root: true, token: null, path: "/" });
    const { versions } = z
      .object({ versions: z.array(z.object({ id: z.string() })) })
      .parse(answer.json);
    const minors = versions.map(({ id }) => Number(id.replace("v2.", "")));
    expect(await images.mayCheckContent()).toBe(Math.max(...minors) >= 17);
  });

  it("a change is one patch to the wished values, and none when it has them all", async () => {
    const id = await stage.makeImage(stage.name("port-change"), { keep: "1", drop: "1" });
    const change = {
      name: stage.name("port-changed"),
      visibility: "private",
      hidden: true,
      minDiskGib: 4,
      minRamMib: 512,
      properties: { keep: "2", drop: null, fresh: "x", absent: null, "odd/key~": "y" },
    };
    const before = await images.image(id);
    if (before === null) throw new Error("the image is gone");
    await images.change(before, change);
    const after = await images.image(id);
    const { properties: _, ...fields } = change;
    expect(after).toMatchObject(fields);
    expect(after?.properties).toEqual(
      expect.objectContaining({ keep: "2", fresh: "x", "odd/key~": "y" }),
    );
    expect(after?.properties).not.toHaveProperty("drop");
    if (after === null) throw new Error("the image is gone");
    await images.change(after, change);
    expect(await images.image(id)).toEqual(after);
  });

  it("a visibility is asked for with an id that is taken: 403 by policy, else 409, and nothing is made", async () => {
    const own = await stage.makeImage(stage.name("port-visibility"));
    const before = (await images.everyImage()).length;
    expect(await images.mayGive("public")).toEqual({
      may: "no",
      why: expect.stringContaining("not authorized to complete publicize_image"),
    });
    for (const free of ["community", "shared", "private"]) {
      expect(await images.mayGive(free)).toEqual({ may: "yes" });
      const taken = await stage.image("POST", "/v2/images", { id: own, visibility: free });
      expect([taken.status, taken.text]).toEqual([409, expect.stringContaining("already exists")]);
    }
    expect((await images.everyImage()).length).toBe(before);
  });

  it("tags and deletions may be repeated; a protected image is refused as protected", async () => {
    const id = await stage.makeImage(stage.name("port-tag"), { protected: true });
    const tag = "regild-current-web";
    for (let twice = 0; twice < 2; twice += 1) await images.addTag(id, tag);
    expect(await images.image(id)).toMatchObject({ tags: [tag] });
    for (let twice = 0; twice < 2; twice += 1) await images.removeTag(id, tag);
    expect(await images.image(id)).toMatchObject({ tags: [] });
    await expectRefused(images.deleteImage(id), "protected");
    await stage.patch(id, [{ op: "replace", path: "/protected", value: false }]);
    expect(await images.deleteImage(id)).toBe(true);
    expect(await images.deleteImage(id)).toBe(false);
    expect(await images.image(id)).toBeNull();
    await expectRefused(images.addTag(id, tag), "not-found");
  });

  it("protection and its mark come and go in one request, all of it or nothing", async () => {
    const id = await stage.makeImage(stage.name("port-protected"));
    const unprotected = await imageOf(id);
    const mark = { regild_protected: `${id}/2026-11-23T09:30:12.000Z` };
    await images.change(unprotected, { protected: true, properties: mark });
    const shown = await imageOf(id);
    expect(shown).toMatchObject({ protected: true, properties: mark });
    await expectRefused(images.deleteImage(id), "protected");
    const off = { protected: false, properties: { regild_protected: null } };
    await images.change(shown, off);
    expect((await imageOf(id)).properties).not.toHaveProperty("regild_protected");
    // Somebody has protected it since: the same request, sent again late, changes nothing.
    await images.change(await imageOf(id), { protected: true });
    await expect(images.change(shown, off)).rejects.toMatchObject({ kind: "transient" });
    expect(await imageOf(id)).toMatchObject({ protected: true });
    await images.change(await imageOf(id), { protected: false });
    expect(await images.deleteImage(id)).toBe(true);
  });

  const { other } = stage.target;
  if (other === null) return;
  it("every image is: hidden, pending, and other projects' community ones", async () => {
    const they = await signInRaw(stage.target.http, other);
    const create = async (name: string, fields: Record<string, unknown>): Promise<string> => {
      const body = { name, disk_format: "raw", container_format: "bare", ...fields };
      const made = await they.call({ service: "image", method: "POST", path: "/v2/images", body });
      return String(made.headers["location"]?.split("/").at(-1));
    };
    const theirs = [
      await create(stage.name("port-community"), { visibility: "community", os_hidden: true }),
      await create(stage.name("port-pending"), { visibility: "shared" }),
    ];
    const mine = [
      await stage.makeImage(stage.name("port-every"), { os_hidden: true }),
      await stage.makeImage(stage.name("port-every"), { visibility: "private" }, null),
    ];
    const body = { member: stage.raw.projectId };
    const path = `/v2/images/${theirs[1]}/members`;
    await they.call({ service: "image", method: "POST", path, body });
    try {
      const seen = (await images.everyImage()).map(({ id }) => id);
      expect(seen).toEqual(expect.arrayContaining([...mine, ...theirs]));
      expect(new Set(seen).size).toBe(seen.length);
    } finally {
      for (const id of theirs) {
        await they.call({ service: "image", method: "DELETE", path: `/v2/images/${id}` });
      }
    }
  });
}
