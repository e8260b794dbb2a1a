import { expect, it } from "vitest";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { HOUR } from "../unit/builders.ts";
import { DataDisks } from "./data-disks.ts";
import { ImsInstallation } from "./ims-installation.ts";
import { Killer, survive } from "./killer.ts";

/** Keeps one full-server image, of a server that is stopped for it. */
class Mortal extends ImsInstallation {
  readonly killer: Killer;
  readonly vaultId = this.cloud.cbr.addVault();

  constructor(killer: Killer) {
    super((act) => killer.around(act));
    this.killer = killer;
  }

  override recipe(is: Partial<Recipe> = {}): Recipe {
    const prepare = { ...super.recipe().prepare, stopServer: true };
    const whole = { capture: "full_server" as const, vaultId: this.vaultId };
    return super.recipe({ ...whole, keep: 1, prepare, ...is });
  }
}

/** A second run, which replaces the image of the first one: from its create to the end of the first backup. */
async function secondRun(killer: Killer) {
  const on = new Mortal(killer);
  on.cloud.plans = [{ recordAfter: 3, seconds: 300, fails: null, backupSeconds: 60 }];
  return { on, ...(await replaced(on, killer, on.recipe())) };
}

async function replaced(on: ImsInstallation, killer: Killer, of: Recipe) {
  await on.refresh(of);
  const id = await on.begin(of);
  killer.isCounting = true;
  const run = await survive(on, () => on.follow(id));
  await survive(on, () => on.idle(HOUR));
  killer.isCounting = false;
  return { run, changes: killer.changes };
}

it("wherever a process dies, one image is made, and one image with one backup is left", async () => {
  const { changes } = await secondRun(new Killer(Number.POSITIVE_INFINITY));
  expect(changes).toBeGreaterThan(50);
  for (let nth = 1; nth <= changes; nth++) {
    const where = `after change ${nth} of ${changes}`;
    const { on, run } = await secondRun(new Killer(nth));
    expect([where, run.failure]).toEqual([where, null]);
    expect([where, ...on.imageNames()]).toEqual([where, run.candidate?.creationName]);
    const backups = [...on.cloud.cbr.backups.values()].map(({ imageIds }) => imageIds);
    expect([where, backups]).toEqual([where, [[run.candidate?.id]]]);
    const { resources } = await on.recipeState();
    expect([where, resources.map(({ state }) => state)]).toEqual([where, ["kept"]]);
    const names = new Set(on.cloud.asked.map(({ name }) => name));
    expect([where, names.size]).toEqual([where, 2]);
    expect([where, on.cloud.servers.get(on.serverId)?.status]).toEqual([where, "ACTIVE"]);
  }
}, 120_000);

/** Likewise of the images of two data disks. */
async function secondSet(killer: Killer, fails: boolean) {
  const on = new DataDisks((act) => killer.around(act));
  const failure = { code: "IMG.0014", reason: "no", leavesImage: false, ofDisk: 1 };
  const job = { recordAfter: 3, seconds: 300 };
  on.cloud.plans = [
    { ...job, fails: null },
    { ...job, fails: fails ? failure : null },
  ];
  return { on, ...(await replaced(on, killer, on.stopping({ keep: 1 }))) };
}

it.each([
  ["one set is made, and one set is left", false],
  ["a set that one image of has failed goes, and the one before stays", true],
])(
  "wherever a process dies, %s",
  async (_, fails) => {
    const { changes } = await secondSet(new Killer(Number.POSITIVE_INFINITY), fails);
    expect(changes).toBeGreaterThan(40);
    for (let nth = 1; nth <= changes; nth++) {
      const where = `after change ${nth} of ${changes}`;
      const { on, run } = await secondSet(new Killer(nth), fails);
      // Without the job's id, only the images tell that it has failed.
      const codes = fails ? ["image-job-failed", "image-vanished"] : [undefined];
      expect([where, codes]).toEqual([where, expect.arrayContaining([run.failure?.code])]);
      const { current, images, resources } = await on.recipeState();
      const isOfRun = images.some(({ id, run: by }) => id === current && by === run.id);
      expect([where, isOfRun]).toEqual([where, !fails]);
      expect([where, on.shown]).toEqual([where, { [current ?? ""]: ["vdb", "vdc"] }]);
      expect([where, on.imageNames().length]).toEqual([where, 2]);
      const there = images.filter(({ state }) => state !== "gone").map(({ id }) => id);
      const recorded = [...there, ...resources.map(({ id }) => id)];
      expect([where, recorded.toSorted()]).toEqual([where, [...on.cloud.images.keys()].toSorted()]);
      const asked = new Set(on.cloud.asked.map((body) => JSON.stringify(body)));
      expect([where, asked.size]).toEqual([where, 2]);
      expect([where, on.cloud.servers.get(on.serverId)?.status]).toEqual([where, "ACTIVE"]);
    }
  },
  120_000,
);
