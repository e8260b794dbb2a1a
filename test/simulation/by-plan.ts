import { announce, round } from "../../shared/commands/clean-up/carry-out.ts";
import { type CleanUpDeps, makePlan } from "../../shared/commands/clean-up/make-plan.ts";
import { readAgain } from "../../shared/commands/clean-up/read-again.ts";
import { storePlan } from "../../shared/commands/clean-up/stored-plan.ts";
import { CloudError } from "../../shared/openstack/errors.ts";
import { at } from "./random.ts";
import type { Simulation } from "./simulation.ts";
import { cleansUpOften, recipesOf } from "./world.ts";

const MINUTE = 60_000;
const ROUNDS = 4;

/** A person reads the plan of a clean-up, at any time or while a run is about to promote, and has it done some time later. */
export function cleanUpByPlan(simulation: Simulation, seed: string, place: string): void {
  if (!simulation.options.faults.happens(place, cleansUpOften(seed) ? 0.9 : 0.25)) return;
  const recipes = recipesOf(seed);
  const asked = {
    known: recipes.map(({ name }) => name),
    places: recipes.map(({ cloud, region }) => ({ cloud, region })),
  };
  const isSoon = at(seed, place, "soon") < (cleansUpOften(seed) ? 0.8 : 0.5);
  const laterMs = 5000 + Math.floor(at(seed, place, "later") * (isSoon ? 1 : 30) * MINUTE);
  const apply = (planId: string) =>
    command(simulation, `${place} apply`, simulation.nowMs + laterMs, async (deps) => {
      const read = await readAgain(deps, asked, planId);
      if (read.is !== "true") return;
      const announced = await announce(deps, read.plan);
      if ("changed" in announced) return;
      for (let n = 0; n < ROUNDS; n++) for (const work of announced.works) await round(deps, work);
    });
  const plan = (atMs: number) =>
    command(simulation, `${place} plan`, atMs, async (deps) => {
      const made = await makePlan(deps, { ...asked, recipe: null });
      await storePlan(deps, made);
      apply(made.id);
    });
  if (cleansUpOften(seed)) return whenUnused(simulation, seed, place, plan);
  simulation.scheduler.atTime(
    simulation.nowMs + Math.floor(at(seed, place, "when") * 120 * MINUTE),
    () => {
      if (at(seed, place, "how") < 0.4) return plan(simulation.nowMs);
      const delayMs = Math.floor(at(seed, place, "delay") * 5000);
      simulation.onceRun(
        ({ step, intent }) =>
          intent !== null || step === "promote-image" || step === "retire-images",
        () => plan(simulation.nowMs + delayMs),
      );
    },
  );
}

/**
 * A server holds an image until it has long been retired. The host looks at it again an hour later only, so a plan that is
 * made right after the server is gone has something to delete.
 */
function whenUnused(
  simulation: Simulation,
  seed: string,
  place: string,
  plan: (atMs: number) => void,
): void {
  const { cloud, scheduler } = simulation;
  const nth = Number(place.split(" ").at(-1));
  let seen = 0;
  const before = simulation.onRunWritten;
  const held = new Set<string>();
  simulation.onRunWritten = (run) => {
    before?.(run);
    const current = simulation.recipeState(run.recipeName)?.current ?? "";
    const image = cloud.world.firstZone.images.get(current);
    if (run.step !== "check-status" || image === undefined || held.has(run.id)) return;
    held.add(run.id);
    if (++seen !== nth) return;
    const server = cloud.operator.addServer({ name: "app", image });
    const lastsMs = 20 * MINUTE + Math.floor(at(seed, place, "lasts") * 30 * MINUTE);
    scheduler.atTime(simulation.nowMs + lastsMs, () => {
      cloud.operator.deleteServer(server.id);
      plan(simulation.nowMs + 1000);
    });
  };
}

/** The command shows what the cloud has answered, and ends. The person gives it again, some times. */
function command(
  simulation: Simulation,
  name: string,
  atMs: number,
  work: (deps: CleanUpDeps) => Promise<void>,
  times = 5,
): void {
  simulation.command(
    name,
    async (deps) => {
      try {
        await work(deps);
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        if (times > 1) command(simulation, name, simulation.nowMs + 5000, work, times - 1);
      }
    },
    atMs,
  );
}
