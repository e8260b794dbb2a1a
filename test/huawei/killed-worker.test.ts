import { expect, it } from "vitest";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { HOUR } from "../unit/builders.ts";
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
  await on.refresh();
  const id = await on.begin();
  killer.isCounting = true;
  const run = await survive(on, () => on.follow(id));
  await survive(on, () => on.idle(HOUR));
  killer.isCounting = false;
  return { on, run, changes: killer.changes };
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
