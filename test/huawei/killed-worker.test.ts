import { expect, it } from "vitest";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { HOUR, MINUTE } from "../unit/builders.ts";
import { ImsInstallation } from "./ims-installation.ts";

class Killed extends Error {}

/**
 * Ends the process once: after the so-manieth change of the cloud or the store that is counted, before its answer is read.
 * A process that dies after it has only read leaves the same behind as one that has died before.
 */
class Killer {
  changes = 0;
  isCounting = false;
  readonly #nth: number;

  constructor(nth: number) {
    this.#nth = nth;
  }

  async around<T>(act: () => Promise<T>): Promise<T> {
    const answer = await act();
    if (!this.isCounting) return answer;
    this.changes += 1;
    if (this.changes === this.#nth) throw new Killed();
    return answer;
  }
}

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

  /** What the process does, and the next one where it has died. */
  async survive<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.restart();
      // By then the sweep has sent its message again.
      this.cloud.nowMs += 5 * MINUTE;
      return act();
    }
  }
}

/** A second run, which replaces the image of the first one: from its create to the end of the first backup. */
async function secondRun(killer: Killer) {
  const on = new Mortal(killer);
  on.cloud.plans = [{ recordAfter: 3, seconds: 300, fails: null, backupSeconds: 60 }];
  await on.refresh();
  const id = await on.begin();
  killer.isCounting = true;
  const run = await on.survive(() => on.follow(id));
  await on.survive(() => on.idle(HOUR));
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
