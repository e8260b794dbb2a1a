import { expect, it } from "vitest";
import { ImsInstallation } from "./ims-installation.ts";
import { Killer, survive } from "./killer.ts";

const EXPORT = { bucket: "golden-images", format: "qcow2" } as const;

/** A run that exports its image: from the promotion to its end. */
async function exportingRun(killer: Killer) {
  const on = new ImsInstallation((act) => killer.around(act));
  on.cloud.buckets.set(EXPORT.bucket, new Map());
  const id = await on.begin(on.recipe({ exportTo: EXPORT }));
  await on.follow(id, ({ step }) => step === "promote-image");
  killer.isCounting = true;
  const run = await survive(on, () => on.follow(id));
  killer.isCounting = false;
  return { on, run, changes: killer.changes };
}

it("wherever a process dies, the image is exported once, and the run knows it", async () => {
  const { changes } = await exportingRun(new Killer(Number.POSITIVE_INFINITY));
  expect(changes).toBeGreaterThan(10);
  for (let nth = 1; nth <= changes; nth++) {
    const where = `after change ${nth} of ${changes}`;
    const { on, run } = await exportingRun(new Killer(nth));
    on.cloud.settle();
    const imageId = run.candidate?.id;
    const files = [...(on.cloud.buckets.get(EXPORT.bucket) ?? [])];
    expect([where, files]).toEqual([where, [[`web-${imageId}.qcow2`, imageId]]]);
    const jobs = [...on.cloud.jobs.values()].filter(({ type }) => type.includes("Export"));
    expect([where, jobs.map(({ status }) => status)]).toEqual([where, ["SUCCESS"]]);
    const { outcome, leftovers, imageExport } = run;
    expect([where, outcome, leftovers]).toEqual([where, "succeeded", []]);
    expect([where, typeof imageExport?.doneAtMs]).toEqual([where, "number"]);
  }
}, 120_000);
