import { expect, it } from "vitest";
import { HOUR } from "../unit/builders.ts";
import { ImsInstallation } from "./ims-installation.ts";
import { Killer, survive } from "./killer.ts";

const KEY = "bd66288c-9081-460a-8227-4cbd0c814cb4";

/** A run that has its image encrypted: from the copy to the promotion. */
async function encryptingRun(killer: Killer) {
  const on = new ImsInstallation((act) => killer.around(act));
  on.cloud.keys.add(KEY);
  const { image } = on.recipe();
  const id = await on.begin(on.recipe({ image: { ...image, cmkId: KEY } }));
  await on.follow(id, ({ step }) => step === "distribute");
  killer.isCounting = true;
  const run = await survive(on, () => on.follow(id));
  killer.isCounting = false;
  await on.idle(HOUR);
  return { on, run, changes: killer.changes };
}

it("wherever a process dies, one copy is made, and nothing else is left", async () => {
  const { changes } = await encryptingRun(new Killer(Number.POSITIVE_INFINITY));
  expect(changes).toBeGreaterThan(15);
  for (let nth = 1; nth <= changes; nth++) {
    const where = `after change ${nth} of ${changes}`;
    const { on, run } = await encryptingRun(new Killer(nth));
    expect([where, run.outcome, run.leftovers]).toEqual([where, "succeeded", []]);
    expect([where, ...on.imageNames()]).toEqual([where, run.imageName]);
    const keys = [...on.cloud.images.values()].map(
      ({ properties }) => properties["__system__cmkid"],
    );
    expect([where, keys]).toEqual([where, [KEY]]);
    const copies = [...on.cloud.jobs.values()].filter(({ type }) => type.includes("Copy"));
    expect([where, copies.length]).toEqual([where, 1]);
  }
}, 120_000);
