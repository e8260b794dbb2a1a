import { describe, expect, it } from "vitest";
import { diskLines, imagesText } from "../../local/cli/text/images.ts";
import { imageNamed } from "../../local/named-image.ts";
import { imagesOf, viewImage } from "../../local/view/images.ts";
import { planAdoption } from "../../shared/commands/adopt.ts";
import { announce, round } from "../../shared/commands/clean-up/carry-out.ts";
import { makePlan } from "../../shared/commands/clean-up/make-plan.ts";
import { HOUR } from "../unit/builders.ts";
import { DataDisks } from "./data-disks.ts";

const depsOf = (on: DataDisks) => ({ ...on.deps, installationId: "home01home02" });
const plan = (on: DataDisks) => makePlan(depsOf(on), { known: ["web"], recipe: null, places: [] });

/** Three sets; the first two are beyond what the recipe keeps, and cool off. */
async function withOldSets() {
  const on = new DataDisks();
  const of = on.recipe({ keep: 1, coolingOffMs: HOUR });
  for (const _ of [1, 2, 3]) await on.refresh(of);
  return on;
}

describe("regild images", () => {
  it("shows one line for a set, and the image of each disk", async () => {
    const on = await withOldSets();
    const state = await on.recipeState();
    const views = imagesOf(state).map((image) => viewImage(state, image, null));
    expect(views).toHaveLength(3);
    for (const { id, disks } of views) {
      expect(disks.map(({ device }) => device)).toEqual(["vdb", "vdc"]);
      expect(disks[0]?.image).toBe(id);
      for (const { image, name } of disks) expect(on.image(image).name).toBe(name);
    }
    expect(imagesText("web", views, on.cloud.nowMs)[1]).toContain("2 images");
    const [{ name, disks } = { name: "", disks: [] }] = views;
    expect(diskLines(views)[0]).toBe(
      `${name} stands for vdb ${disks[0]?.image}, vdc ${disks[1]?.image}`,
    );
  });

  it("says which image to name in place of one that goes with it", async () => {
    const on = new DataDisks();
    const run = await on.refresh();
    const state = await on.recipeState();
    for (const other of [run.diskImages[0]?.id, run.diskImages[0]?.name])
      expect(() => imageNamed(state, other ?? "")).toThrow(
        `goes with image ${run.candidate?.id}, which stands for the images of all disks`,
      );
  });
});

describe("regild adopt", () => {
  it("takes no image of a set into another recipe", async () => {
    const on = new DataDisks();
    const run = await on.refresh();
    const asked = { recipeName: "web", known: ["web"], by: "anna", reason: null };
    for (const { id } of run.diskImages)
      expect(await planAdoption(depsOf(on), { ...asked, id })).toHaveProperty("refused");
  });
});

describe("regild clean-up", () => {
  it("lists each image of a set, and says why", async () => {
    const on = await withOldSets();
    on.cloud.nowMs += 2 * HOUR;
    const { rows } = await plan(on);
    const { current, resources } = await on.recipeState();
    const firstOf = (id: string) => resources.find((one) => one.id === id)?.imageId ?? id;
    for (const { id, fate, recipe } of rows)
      expect([recipe, fate]).toEqual(["web", firstOf(id) === current ? "keep" : "delete"]);
    for (const { id, why } of rows.filter((row) => firstOf(row.id) !== row.id)) {
      const first = firstOf(id);
      expect(why).toBe(first === current ? `goes with image ${first}` : `its image ${first} goes`);
    }
    expect(rows.map(({ kind }) => kind)).toEqual(Array.from({ length: 6 }, () => "image"));
  });

  it("carries it out, round by round, until no image of them is left", async () => {
    const on = await withOldSets();
    on.cloud.nowMs += 2 * HOUR;
    const answer = await announce(depsOf(on), await plan(on));
    if (!("works" in answer)) throw new Error("the record has changed");
    let left: string[] = ["?"];
    for (let n = 0; n < 20 && left.length > 0; n++) {
      on.cloud.nowMs += 10_000;
      for (const work of answer.works) left = await round(depsOf(on), work);
    }
    expect(left).toEqual([]);
    expect(on.imageNames()).toHaveLength(2);
  });
});
