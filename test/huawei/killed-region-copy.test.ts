import { expect, it } from "vitest";
import { HOUR } from "../unit/builders.ts";
import { Killer, survive } from "./killer.ts";
import { RegionCopies } from "./region-copies.ts";

/** A second run, from the copy of its image to the end of the first image and its copy. */
async function secondRun(killer: Killer, leaves: "promotes" | "fails") {
  const on = new RegionCopies((act) => killer.around(act));
  await on.refresh();
  const fails = { code: "IMG.0014", reason: "An exception occurred", leavesImage: true };
  if (leaves === "fails") on.cloud.farCopyPlans = [{ recordAfter: 3, seconds: 60, fails }];
  const id = await on.begin();
  await on.follow(id, ({ step }) => step === "distribute");
  killer.isCounting = true;
  const run = await survive(on, () => on.follow(id));
  await survive(on, () => on.idle(48 * HOUR));
  killer.isCounting = false;
  return { on, run, changes: killer.changes };
}

it.each(["promotes", "fails"] as const)(
  "wherever a process dies, one image and its one copy are left (the second run %s)",
  async (leaves) => {
    const { changes } = await secondRun(new Killer(Number.POSITIVE_INFINITY), leaves);
    expect(changes).toBeGreaterThan(15);
    for (let nth = 1; nth <= changes; nth++) {
      const where = `after change ${nth} of ${changes}`;
      const { on, run } = await secondRun(new Killer(nth), leaves);
      const { current, images } = await on.recipeState();
      const entry = images.find(({ id }) => id === current);
      // Without the job's id, only the copy that it has left tells of it.
      const outcomes = leaves === "promotes" ? ["succeeded"] : ["failed", "succeeded"];
      expect([where, outcomes]).toEqual([where, expect.arrayContaining([run.outcome])]);
      expect([where, [...on.cloud.images.keys()]]).toEqual([where, [current]]);
      expect([where, [...on.cloud.far.images.keys()]]).toEqual([where, [entry?.zones[0]?.imageId]]);
      expect([where, on.farCurrent()]).toEqual([where, [entry?.zones[0]?.imageId]]);
    }
  },
  120_000,
);
