import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CleanUpDocument, cleanUpDocument } from "../../local/view/clean-up.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
  const { operator } = place.cloud;
  operator.addServer({ name: "disk", volumes: [operator.addVolume({ name: "root", sizeGib: 3 })] });
  place.write(
    "recipes.yml",
    "recipes: { disk: { cloud: demo, server: disk, keep: { at_least: 1 }, cooling_off: 0s } }",
  );
  await place.regild("refresh", "disk", "--wait");
}, 120_000);
afterAll(() => place[Symbol.asyncDispose]());

function images() {
  place.cloud.settle();
  return [...place.cloud.world.firstZone.images.values()].filter(({ name }) => name !== "base");
}

async function plan(...args: string[]): Promise<CleanUpDocument> {
  const { out } = await place.regild("clean-up", "--dry-run", "-o", "json", ...args);
  return cleanUpDocument.parse(JSON.parse(out));
}

function fates({ rows }: CleanUpDocument): string[] {
  return rows.map(({ fate, kind, why }) => `${fate} ${kind}: ${why}`).toSorted();
}

describe("regild clean-up", { timeout: 240_000 }, () => {
  it("does what a plan says that was read before, and refuses when the world has changed", async () => {
    const { operator, world } = place.cloud;
    const [old] = images();
    if (old === undefined) throw new Error("no image");
    const user = operator.addServer({ name: "user", image: old });
    await place.regild("refresh", "disk", "--wait");
    const inUse = await plan();
    expect(fates(inUse)).toEqual([
      "keep image: in use by server user",
      "keep image: the current image of disk",
      expect.stringMatching(/^keep snapshot: image .* needs it$/),
      expect.stringMatching(/^keep snapshot: image .* needs it$/),
      "report image: not made by Regild: regild adopt takes it into a recipe",
    ]);

    operator.deleteServer(user.id);
    const goes = await plan();
    expect(goes).toMatchObject({ freed_gib: 3, counts: { delete: 2, keep: 2, report: 1 } });
    expect(fates(goes).slice(0, 2)).toEqual([
      "delete image: older than the one image to keep",
      `delete snapshot: its image ${old.id} goes`,
    ]);
    const again = operator.addServer({ name: "again", image: old });
    const refused = await place.regild("clean-up", "--plan", goes.plan);
    expect(refused.status).toBe(6);
    expect(refused.err).toContain(
      `image ${old.id}: planned delete (older than the one image to keep), now keep (in use by server again)`,
    );
    expect(images()).toHaveLength(2);

    operator.deleteServer(again.id);
    const snapshots = [...world.snapshots.keys()];
    const done = await place.regild("clean-up", "--plan", goes.plan);
    expect(done).toMatchObject({ status: 0, out: "2 deleted, 3 GiB freed.\n" });
    expect(images().map(({ id }) => id)).not.toContain(old.id);
    expect([...world.snapshots.keys()]).toHaveLength(snapshots.length - 1);
  });

  it("finds what a failed create of an ended run has left, and asks before it deletes", async () => {
    const { world } = place.cloud;
    const [kept] = [...world.snapshots.values()];
    if (kept === undefined) throw new Error("no snapshot");
    const left = { ...kept, id: world.newId() };
    world.snapshots.set(left.id, left);
    const [row] = (await plan("--recipe", "disk")).rows;
    expect(row).toMatchObject({ fate: "delete", kind: "snapshot", id: left.id, recipe: "disk" });
    expect(row?.why).toMatch(/^left by run disk-/);

    const nobody = await place.regild("clean-up");
    expect(nobody.status).toBe(6);
    expect(nobody.err).toContain("Nothing was deleted: nobody is there to answer");
    expect(world.snapshots.has(left.id)).toBe(true);

    expect((await place.regild("clean-up", "--yes")).out).toBe("1 deleted, 3 GiB freed.\n");
    expect([...world.snapshots.keys()]).toEqual([kept.id]);
  });

  it("refuses a plan or recipe that is not there, and credentials of another project", async () => {
    const unknown = await place.regild("clean-up", "--plan", "0123456789ab");
    expect(unknown).toMatchObject({ status: 2 });
    expect(unknown.err).toContain("There is no plan 0123456789ab");
    const mistyped = await place.regild("clean-up", "--recipe", "dsik", "--dry-run");
    expect(mistyped).toMatchObject({ status: 2, out: "" });
    expect(mistyped.err).toMatch(
      /^regild: No recipe is named dsik, and no image of one is known\n→ The recipes/,
    );
    const yaml = place.read("clouds.yaml");
    place.cloud.operator.addProject("other", "other-secret");
    place.write(
      "clouds.yaml",
      yaml
        .replaceAll("demo-secret", "other-secret")
        .replace(/(username|project_name): demo/g, "$1: other"),
    );
    const other = await place.regild("clean-up", "--dry-run");
    place.write("clouds.yaml", yaml);
    expect(other.status).toBe(6);
    expect(other.err).toMatch(/is project \w+ now, and the recipes' images are of project/);
  });
});
