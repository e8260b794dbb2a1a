import { expect, it } from "vitest";
import { viewRecipe } from "../../local/view/status.ts";
import { viewRunReport } from "../../local/view/run-report.ts";
import type { Effect } from "../../local/simulated-cloud/faults.ts";
import { load } from "../../shared/protocol/actor.ts";
import { reconcileRecipe } from "../../shared/protocol/reconcile-recipe.ts";
import { start } from "../../shared/protocol/start.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { recipeStateKey, recipeStateSchema } from "../../shared/image/recipe-state.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Run } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { HOUR, recipe } from "../unit/builders.ts";
import { Installation } from "./installation.ts";

const MAX_CHECKS = 200;

/** A cloud that accepts or refuses deletes, and does not do them. */
class Stubborn {
  readonly on = new Installation();
  #runs = 0;

  constructor() {
    const { operator } = this.on.cloud;
    const image = operator.addImage({ name: "debian-12" });
    operator.addServer({ name: "web-golden", image });
    operator.addVolume({ name: "data" });
  }

  fails(operation: string, effect: Effect): void {
    this.on.cloud.faults.add({ on: { operation, times: 1000 }, effect });
  }

  async refresh(of: Partial<Recipe>): Promise<Run> {
    const { on } = this;
    const known = recipe(of);
    on.recipes.set(known.name, known);
    this.#runs += 1;
    const trigger = { kind: "command" as const, by: "anna", id: `anna ${this.#runs}` };
    const id = await start(on.backend, on.backend.installationId, known, trigger);
    for (let observe = 0; observe < MAX_CHECKS; observe++) {
      const run = await on.run(id);
      if (run.outcome !== null) return run;
      on.nowMs = Math.max(on.nowMs, run.reconcileAtMs) + 1;
      const { key, version } = await on.item(runKey(id));
      await reconcile(on.backend, refresh, { key, version }, new Map());
    }
    throw new Error(`${id} does not end`);
  }

  /** What a person is shown of what is left. */
  async shown(run: Run) {
    const recipeState = await this.on.recipeState(run.recipeName);
    const report = viewRunReport(
      { run, cancelAtMs: null, recipeState, sources: [] },
      this.on.nowMs,
    );
    const known = this.on.recipes.get(run.recipeName) ?? recipe();
    const status = viewRecipe(
      {
        recipe: known,
        recipeState,
        assessed: { overdue: null, overdueAtMs: null },
        lastRun: { run, cancelAtMs: null },
      },
      this.on.nowMs,
    );
    return { left: report.left, status };
  }

  deletes(path: RegExp): number {
    return this.on.requestsTo(path).filter((request) => request.startsWith("DELETE")).length;
  }
}

const bySnapshot: Partial<Recipe> = {
  source: { kind: "volume", idOrName: "data" },
  capture: "snapshot",
  image: { ...recipe().image, diskFormat: "qcow2" },
};

const KINDS: Array<[string, string, Effect, "snapshot" | "volume", string]> = [
  [
    "a snapshot that ends in error_deleting",
    "volume.deleteSnapshot",
    { kind: "snapshot-stays", broken: true },
    "snapshot",
    'failed (error_deleting). Its reason: "delete snapshot:Snapshot failed to delete."',
  ],
  [
    "a volume that ends in error_deleting, and the cloud gives no reason",
    "volume.deleteVolume",
    { kind: "volume-stays" },
    "volume",
    "failed (error_deleting). The cloud gives no reason",
  ],
  [
    "a snapshot that the cloud gives back",
    "volume.deleteSnapshot",
    { kind: "snapshot-stays" },
    "snapshot",
    'its status is available. Its reason: "delete snapshot:Snapshot is busy."',
  ],
  [
    "a snapshot whose delete is refused",
    "volume.deleteSnapshot",
    { kind: "status", status: 400, message: "Invalid snapshot: it is frozen." },
    "snapshot",
    "it is frozen",
  ],
];

it.each(KINDS)("%s is told by the step, under Left and by status", async (...given) => {
  const [, operation, effect, kind, why] = given;
  const on = new Stubborn();
  on.fails(operation, effect);
  const run = await on.refresh(bySnapshot);
  expect(run.outcome).toBe("succeeded");
  const last = run.timeline.at(-1)?.text ?? "";
  expect(last).not.toContain("nothing left over");
  expect(last).toMatch(new RegExp(`left: ${kind} \\S+ still has to be deleted`));
  expect(last).toContain(why);
  const { left, status } = await on.shown(run);
  expect(left).toContainEqual(expect.objectContaining({ kind, why: expect.stringContaining(why) }));
  expect(status.needs_you).toBe(true);
  expect(status.not_deleted).toContainEqual(
    expect.objectContaining({ kind, why: expect.stringContaining(why) }),
  );
});

it("a delete that the cloud failed to do is not asked for again at once, and is after the operator's help", async () => {
  const on = new Stubborn();
  on.fails("volume.deleteSnapshot", { kind: "snapshot-stays", broken: true });
  const run = await on.refresh(bySnapshot);
  expect(on.deletes(/snapshots/)).toBe(1);
  on.on.cloud.faults.clear();
  const lookBetweenRuns = async () => {
    on.on.nowMs += 2 * HOUR;
    const actor = await load(on.on.store, recipeStateKey(run.recipeName), recipeStateSchema);
    if (actor !== null) await reconcileRecipe(on.on.backend, actor);
    on.on.cloud.settle();
  };
  await lookBetweenRuns(); // error_deleting still: refused
  expect((await on.shown(run)).left).toMatchObject([{ why: expect.stringContaining("failed") }]);
  for (const snapshot of on.on.cloud.world.snapshots.values()) snapshot.status = "available";
  await lookBetweenRuns();
  await lookBetweenRuns();
  const { left, status } = await on.shown(run);
  expect({ left, needsYou: status.needs_you }).toEqual({ left: [], needsYou: false });
  expect(on.on.cloud.world.snapshots.size).toBe(0);
});

const REFUSALS: Array<[string, Effect, string]> = [
  [
    "in use",
    { kind: "status", status: 409, message: "Image 7 could not be deleted because it is in use" },
    "could not be deleted because it is in use",
  ],
  ["forbidden", { kind: "status", status: 403, message: "You are not permitted" }, "permitted"],
];

it.each(REFUSALS)(
  "an old image whose delete is refused (%s) is told with the reason",
  async (...given) => {
    const [, effect, why] = given;
    const on = new Stubborn();
    const web = { keep: 1, coolingOffMs: 0 };
    await on.refresh(web);
    on.fails("image.delete", effect);
    const run = await on.refresh(web);
    expect(run.outcome).toBe("succeeded");
    expect(run.timeline.at(-1)?.text).toContain(why);
    const { left, status } = await on.shown(run);
    expect(left).toMatchObject([{ kind: "image", why: expect.stringContaining(why) }]);
    expect(status.not_deleted).toMatchObject([{ kind: "image" }]);
  },
);
