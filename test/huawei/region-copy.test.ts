import { describe, expect, it } from "vitest";
import { askForChange } from "../../shared/commands/change-current.ts";
import { HOUR, MINUTE } from "../unit/builders.ts";
import { RegionCopies } from "./region-copies.ts";

const DAY = 24 * HOUR;

/** The id of the copy that the current image has in the other region. */
async function copyOfCurrent(on: RegionCopies): Promise<string | undefined> {
  const { current, images } = await on.recipeState();
  return images.find(({ id }) => id === current)?.zones[0]?.imageId;
}

describe("a copy by IMS in another region", () => {
  it("has a name and an id of its own, and the tag of the current image", async () => {
    const on = new RegionCopies();
    const run = await on.refresh();
    expect(run).toMatchObject({ outcome: "succeeded", failure: null, leftovers: [] });
    const { far } = on.cloud;
    expect(on.cloud.farCopies).toEqual([
      {
        name: on.farNames()[0],
        region: far.name,
        project_name: far.projectName,
        agency_name: "ims_copy_image",
      },
    ]);
    await on.idle(HOUR);
    const copy = await copyOfCurrent(on);
    expect(on.farCurrent()).toEqual([copy]);
    expect(copy).not.toBe(run.candidate?.id);
    expect([...far.images.keys()]).toEqual([copy]);
  });

  it("shows no image as current before the image is", async () => {
    const on = new RegionCopies();
    const id = await on.begin();
    await on.follow(id, ({ step }) => step === "validate-sync");
    expect(on.farNames()).toHaveLength(1);
    expect(on.farCurrent()).toEqual([]);
  });

  it("goes with its image, once the next one is shown there", async () => {
    const on = new RegionCopies();
    await on.refresh();
    const first = await copyOfCurrent(on);
    const run = await on.refresh();
    await on.idle(DAY);
    expect(run.leftovers).toEqual([]);
    const second = await copyOfCurrent(on);
    expect(second).not.toBe(first);
    expect([...on.cloud.far.images.keys()]).toEqual([second]);
    expect(on.farCurrent()).toEqual([second]);
    expect(on.imageNames()).toEqual([run.imageName]);
  });

  it("keeps its image, and stays, while a server of that region uses it", async () => {
    const on = new RegionCopies();
    await on.refresh();
    const first = (await copyOfCurrent(on)) ?? "";
    on.cloud.far.servers.set("shop", first);
    await on.refresh();
    await on.idle(DAY);
    expect([...on.cloud.far.images.keys()]).toContain(first);
    expect(on.imageNames()).toHaveLength(2);
    const { images } = await on.recipeState();
    expect(images.find(({ state }) => state === "retired")?.kept?.why).toContain(
      "in use by server shop in zone far",
    );
  });

  it("of an earlier image is shown again after a rollback, and the other is not", async () => {
    const on = new RegionCopies();
    const of = on.recipe({ keep: 3 });
    await on.refresh(of);
    const first = await copyOfCurrent(on);
    await on.refresh(of);
    await on.idle(MINUTE);
    expect(on.farCurrent()).toEqual([await copyOfCurrent(on)]);
    const { current } = await on.recipeState();
    const asking = { kind: "rollback" as const, from: current, imageId: null };
    await askForChange(on.deps, "web", { ...asking, by: "anna", reason: null });
    await on.idle(HOUR);
    expect(await copyOfCurrent(on)).toBe(first);
    expect(on.farCurrent()).toEqual([first]);
  });

  it("that somebody deletes brings the image before back", async () => {
    const on = new RegionCopies();
    const of = on.recipe({ keep: 3 });
    await on.refresh(of);
    const first = await copyOfCurrent(on);
    await on.refresh(of);
    const second = (await copyOfCurrent(on)) ?? "";
    on.cloud.far.images.delete(second);
    await on.idle(10 * MINUTE);
    expect(await copyOfCurrent(on)).toBe(first);
  });

  it("of an image that somebody deletes is not shown as current any more", async () => {
    const on = new RegionCopies();
    const of = on.recipe({ keep: 3 });
    await on.refresh(of);
    const first = await copyOfCurrent(on);
    const run = await on.refresh(of);
    on.cloud.images.delete(run.candidate?.id ?? "");
    await on.idle(10 * MINUTE);
    expect(on.farCurrent()).toEqual([first]);
    expect(on.farNames()).toHaveLength(2);
  });

  it.each([1, 2])("is left once after %d lost answers", async (lost) => {
    const on = new RegionCopies();
    on.cloud.lostFarCopies = lost;
    const run = await on.refresh();
    expect(run).toMatchObject({ outcome: "succeeded", failure: null });
    await on.idle(2 * DAY);
    expect([...on.cloud.far.images.keys()]).toEqual([await copyOfCurrent(on)]);
  });

  it("whose request was lost and whose first copy comes an hour late is left once", async () => {
    const on = new RegionCopies();
    on.cloud.lostFarCopies = 1;
    on.cloud.farCopyPlans = [{ recordAfter: 3600, seconds: 60, fails: null }];
    const run = await on.refresh();
    expect(run.outcome).toBe("succeeded");
    expect(on.cloud.farCopies).toHaveLength(2);
    await on.idle(2 * DAY);
    expect([...on.cloud.far.images.keys()]).toEqual([await copyOfCurrent(on)]);
  });

  it.each([
    ["IMG.0015", "quota-exceeded"],
    ["IMG.0001", "invalid-request"],
    ["IMG.0026", "forbidden"],
  ])("that is refused with %s fails the run, and leaves nothing", async (code, failure) => {
    const on = new RegionCopies();
    on.cloud.farCopyRefusals = [code];
    const run = await on.refresh();
    expect(run.failure).toMatchObject({ code: failure, step: "distribute" });
    expect(run.failure?.message).toContain(code);
    await on.idle(DAY);
    expect([on.imageNames(), on.farNames()]).toEqual([[], []]);
  });

  it("is asked for again after flow control", async () => {
    const on = new RegionCopies();
    on.cloud.farCopyRefusals = ["IMG.0060"];
    expect((await on.refresh()).outcome).toBe("succeeded");
    expect(on.farNames()).toHaveLength(1);
  });

  it.each([false, true])("whose job fails is undone (copy left: %s)", async (leavesImage) => {
    const on = new RegionCopies();
    const fails = { code: "IMG.0014", reason: "An exception occurred", leavesImage };
    on.cloud.farCopyPlans = [{ recordAfter: 3, seconds: 60, fails }];
    const run = await on.refresh();
    expect(run.failure).toMatchObject({ code: "image-job-failed" });
    expect(run.failure?.message).toContain("zone far: An exception occurred (IMG.0014)");
    await on.idle(2 * DAY);
    expect([on.imageNames(), on.farNames()]).toEqual([[], []]);
  });

  it("of a run that is cancelled meanwhile goes, also if it comes later", async () => {
    const on = new RegionCopies();
    const id = await on.begin();
    await on.follow(id, ({ regionCopies = [] }) =>
      regionCopies.some(({ job }) => job !== undefined),
    );
    await on.cancel(id);
    expect((await on.follow(id)).outcome).toBe("cancelled");
    await on.idle(2 * DAY);
    expect([on.imageNames(), on.farNames()]).toEqual([[], []]);
    expect((await on.recipeState()).images.every(({ state }) => state === "gone")).toBe(true);
  });

  it("of a run that is cancelled once it is there goes with the image", async () => {
    const on = new RegionCopies();
    const id = await on.begin();
    await on.follow(id, ({ step }) => step === "validate-sync");
    await on.cancel(id);
    await on.follow(id);
    await on.idle(HOUR);
    expect([on.imageNames(), on.farNames()]).toEqual([[], []]);
  });

  it("is refused before anything is made, where the quota of the other region is used up", async () => {
    const on = new RegionCopies();
    on.cloud.far.quota = 0;
    const run = await on.refresh();
    expect(run.failure?.message).toBe("Zone far: IMS has 0 images there, and its quota is 0");
    expect(on.cloud.asked).toEqual([]);
  });

  it("is refused before anything is made, where the cloud has no IMS", async () => {
    const on = new RegionCopies();
    on.cloud.hasIms = false;
    const run = await on.refresh(on.recipe({ capture: "server" }));
    expect(run.failure).toMatchObject({ code: "distribution-not-possible" });
    expect(run.failure?.message).toContain(
      "agency_name is for copies by IMS, and the cloud of otc has none",
    );
    expect(on.imageNames()).toEqual([]);
  });
});
