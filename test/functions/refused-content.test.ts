import { expect, it } from "vitest";
import { handler as onSchedule } from "../../functions/on-schedule/handler.ts";
import { viewRecipe } from "../../local/view/status.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { start } from "../../shared/protocol/start.ts";
import { load } from "../../shared/protocol/actor.ts";
import { recipeStateKey, recipeStateSchema } from "../../shared/image/recipe-state.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Run } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { HOUR, recipe } from "../unit/builders.ts";
import { Installation } from "./installation.ts";

const MAX_CHECKS = 100;

/** A recipe of a volume that is uploaded every night, to an image service of 2025.1 that refuses it as raw. */
class Nights {
  readonly on = new Installation();
  #runs = 0;

  constructor(capture: "volume" | "snapshot") {
    const { cloud } = this.on;
    cloud.operator.addVolume({ name: "data" });
    Object.assign(cloud.settings, { imageMinor: 17, refusedDiskFormat: "raw" });
    this.recipe = recipe({
      name: "data",
      source: { kind: "volume", idOrName: "data" },
      capture,
      schedule: [{ cron: "0 3 * * *", timezone: "UTC" }],
      image: { ...recipe().image, diskFormat: "raw" },
    });
  }

  get recipe(): Recipe {
    const known = this.on.recipes.get("data");
    if (known === undefined) throw new Error("there is no recipe");
    return known;
  }

  set recipe(changed: Recipe) {
    this.on.recipes.set("data", changed);
  }

  /** @returns how the run ended that the schedule started; null: it started none. */
  async night(): Promise<Run | null> {
    await this.on.call(onSchedule, {});
    this.on.nowMs += 24 * HOUR;
    const { started } = await this.on.call(onSchedule, {});
    return started[0] === undefined ? null : this.#follow(started[0]);
  }

  async byCommand(): Promise<Run> {
    this.#runs += 1;
    const trigger = { kind: "command" as const, by: "anna", id: `anna ${this.#runs}` };
    return this.#follow(await start(this.on.backend, "home01home02", this.recipe, trigger));
  }

  async status() {
    const recipeState =
      (await load(this.on.store, recipeStateKey("data"), recipeStateSchema))?.doc ?? null;
    return viewRecipe(
      {
        recipe: this.recipe,
        recipeState,
        assessed: { overdue: null, overdueAtMs: null },
        lastRun: null,
      },
      this.on.nowMs,
    );
  }

  async #follow(id: string): Promise<Run> {
    for (let observe = 0; observe < MAX_CHECKS; observe++) {
      const run = await this.on.run(id);
      if (run.outcome !== null) return run;
      this.on.nowMs = Math.max(this.on.nowMs, run.reconcileAtMs) + 1;
      const { key, version } = await this.on.item(runKey(id));
      await reconcile(this.on.backend, refresh, { key, version }, new Map());
    }
    throw new Error(`${id} does not end`);
  }
}

it.each(["volume", "snapshot"] as const)(
  "the same upload (capture: %s) is repeated once by schedule, then held until the recipe changes",
  async (capture) => {
    const nights = new Nights(capture);
    for (const count of [1, 2]) {
      const run = await nights.night();
      expect(run?.failure).toMatchObject({
        code: "content-refused",
        message: expect.stringContaining("Failed to upload volume to image at backend."),
        remedy: expect.stringContaining("image.disk_format: qcow2"),
      });
      expect(run?.leftovers).toEqual([]);
      expect((await nights.status()).schedule_held_since_run).toBe(count === 2 ? run?.id : null);
    }
    expect(await nights.night()).toBeNull();
    expect(nights.on.logged.filter((line) => line.includes("scheduled start is held"))).toEqual([
      expect.stringContaining("regild refresh data"),
    ]);
    expect(await nights.status()).toMatchObject({ needs_you: true, next_start_at: null });

    nights.recipe = { ...nights.recipe, image: { ...nights.recipe.image, diskFormat: "qcow2" } };
    expect((await nights.status()).next_start_at).not.toBeNull();
    expect((await nights.night())?.outcome).toBe("succeeded");
  },
);

it("a refresh by hand that succeeds ends the hold, one that is refused does not", async () => {
  const nights = new Nights("volume");
  await nights.night();
  await nights.night();
  expect((await nights.byCommand()).failure?.code).toBe("content-refused");
  expect(await nights.night()).toBeNull();
  nights.on.cloud.settings.refusedDiskFormat = null;
  expect((await nights.byCommand()).outcome).toBe("succeeded");
  expect((await nights.night())?.outcome).toBe("succeeded");
});

it("an image service that compares no content is started every night: its uploads may succeed again", async () => {
  const nights = new Nights("volume");
  nights.on.cloud.settings.imageMinor = 15;
  for (let night = 0; night < 3; night++) {
    expect((await nights.night())?.failure?.code).toBe("image-vanished");
  }
});
