import { beforeAll, expect, it } from "vitest";
import type { Stage } from "../stage.ts";

const DATA = "application/octet-stream";

/** PATCH, tags, and an image's way from its first byte to its end. */
export function imageLifeContract(stage: Stage): void {
  let imageId = "";
  beforeAll(async () => {
    imageId = await stage.makeImage(stage.name("patched"), { colour: "red" });
  });
  const path = (): string => `/v2/images/${imageId}`;
  const op = (op: string, name: string, value?: unknown) => ({
    op,
    path: `/${name}`,
    ...(value === undefined ? {} : { value }),
  });

  it("a patch adds, replaces and removes, and answers with the whole image", async () => {
    const answer = await stage.patch(imageId, [
      op("add", "colour", "blue"),
      op("add", "x~1y", "slash"),
      op("replace", "name", stage.name("renamed")),
      op("add", "min_disk", 3),
      op("replace", "os_hidden", true),
    ]);
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      id: imageId,
      colour: "blue",
      "x/y": "slash",
      name: stage.name("renamed"),
      min_disk: 3,
      os_hidden: true,
    });
    expect((await stage.patch(imageId, [op("remove", "x~1y")])).json).not.toHaveProperty("x/y");
    await stage.patch(imageId, [op("replace", "os_hidden", false), op("replace", "min_disk", 0)]);
    expect((await stage.patch(imageId, [])).status).toBe(200);
  });

  it("a patch is all or nothing: 409 for what is not there voids the rest", async () => {
    for (const wrong of [op("replace", "nosuch", "1"), op("remove", "nosuch")]) {
      const answer = await stage.patch(imageId, [op("add", "first", "1"), wrong]);
      expect(answer.status).toBe(409);
      expect(answer.text).toContain("Property nosuch does not exist.");
      expect(await stage.observe("image", imageId)).not.toHaveProperty("first");
    }
  });

  it("what belongs to Glance is 403, what is no string is 400", async () => {
    for (const wrong of [
      op("replace", "status", "queued"),
      op("add", "os_glance_x", "1"),
      op("replace", "disk_format", "qcow2"),
      op("remove", "name"),
      op("replace", "visibility", "public"),
    ]) {
      const answer = await stage.patch(imageId, [wrong]);
      expect(`${wrong.path} ${answer.status}`).toBe(`${wrong.path} 403`);
    }
    expect((await stage.patch(imageId, [op("add", "number", 1)])).status).toBe(400);
    expect((await stage.patch(imageId, [op("test", "colour", "blue")])).status).toBe(400);
    expect((await stage.patch(imageId, op("add", "a", "1"))).status).toBe(400);
  });

  it("more than 128 properties are 413, and none is kept", async () => {
    const many = Array.from({ length: 140 }, (_, index) => op("add", `q${index}`, "v"));
    expect((await stage.patch(imageId, many)).status).toBe(413);
    expect(await stage.observe("image", imageId)).not.toHaveProperty("q0");
  });

  it("another media type is 415", async () => {
    const answer = await stage.image("PATCH", path(), [op("add", "a", "1")], "application/json");
    expect(answer.status).toBe(415);
  });

  it("tags are added repeatedly, and removed once", async () => {
    const tag = `${path()}/tags/blue%20green`;
    expect((await stage.image("PUT", tag)).status).toBe(204);
    expect((await stage.image("PUT", tag)).status).toBe(204);
    expect(await stage.observe("image", imageId)).toMatchObject({ tags: ["blue green"] });
    expect((await stage.image("DELETE", tag)).status).toBe(204);
    expect((await stage.image("DELETE", tag)).status).toBe(404);
    const long = `${path()}/tags/${"t".repeat(256)}`;
    expect((await stage.image("PUT", long)).status).toBe(400);
  });

  it("data is taken once, and wants its formats first", async () => {
    const bare = await stage.makeImage(stage.name("bare"), { disk_format: null }, null);
    const file = `/v2/images/${bare}/file`;
    expect((await stage.image("GET", file)).status).toBe(204);
    expect((await stage.image("PUT", file, "x", DATA)).status).toBe(400);
    expect((await stage.patch(bare, [op("replace", "disk_format", "raw")])).status).toBe(200);
    expect((await stage.image("PUT", file, "hello", DATA)).status).toBe(204);
    expect((await stage.image("PUT", file, "again", DATA)).status).toBe(409);
    expect(await stage.observe("image", bare)).toMatchObject({
      status: "active",
      size: 5,
      checksum: "5d41402abc4b2a76b9719d911017c592",
    });
    expect((await stage.image("GET", file)).text).toBe("hello");
  });

  it("a deactivated image is shown, not handed out; both switches may be repeated", async () => {
    const act = (verb: string) => stage.image("POST", `${path()}/actions/${verb}`);
    expect((await act("deactivate")).status).toBe(204);
    expect((await act("deactivate")).status).toBe(204);
    expect(await stage.observe("image", imageId)).toMatchObject({ status: "deactivated" });
    expect((await stage.image("GET", `${path()}/file`)).status).toBe(403);
    const volume = { imageRef: imageId, size: 1, name: stage.name("deactivated") };
    expect((await stage.volume("POST", "/volumes", { volume })).status).toBe(400);
    expect((await act("reactivate")).status).toBe(204);
    expect(await stage.observe("image", imageId)).toMatchObject({ status: "active" });
  });

  it("members want a shared image", async () => {
    await stage.patch(imageId, [op("replace", "visibility", "private")]);
    const members = `${path()}/members`;
    const member = { member: "0".repeat(32) };
    expect((await stage.image("POST", members, member)).status).toBe(403);
    await stage.patch(imageId, [op("replace", "visibility", "shared")]);
    expect((await stage.image("POST", members, member)).status).toBe(200);
    expect((await stage.image("GET", members)).json).toMatchObject({
      members: [{ member_id: member.member, image_id: imageId, status: "pending" }],
    });
  });

  it("a protected image is 403 to delete; a deleted one is 404, and its id is spent", async () => {
    const id = await stage.makeImage(stage.name("protected"), { protected: true });
    const refused = await stage.image("DELETE", `/v2/images/${id}`);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain(`Image ${id} is protected and cannot be deleted.`);
    await stage.patch(id, [op("replace", "protected", false)]);
    expect((await stage.image("DELETE", `/v2/images/${id}`)).status).toBe(204);
    const again = await stage.image("DELETE", `/v2/images/${id}`);
    expect(again.status).toBe(404);
    expect(again.headers["content-type"]).toContain("text/html");
    const fields = { id, name: stage.name("reborn") };
    expect((await stage.image("POST", "/v2/images", fields)).status).toBe(409);
  });

  it("each region has images of its own; one id may name an image in both", async () => {
    const [here, there] = stage.raw.imageRegions;
    if (here === undefined || there === undefined) return;
    const elsewhere = { service: "image", region: there } as const;
    expect((await stage.call({ ...elsewhere, path: path() })).status).toBe(404);
    const body = {
      id: imageId,
      name: stage.name("twin"),
      disk_format: "raw",
      container_format: "bare",
    };
    const made = await stage.call({ ...elsewhere, method: "POST", path: "/v2/images", body });
    expect(made.status).toBe(201);
    const removed = await stage.call({ ...elsewhere, method: "DELETE", path: path() });
    expect(removed.status).toBe(204);
  });
}
