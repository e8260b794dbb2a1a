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
  const plan = (atMs: number) => {
    let planId = "";
    simulation.command(
      `${place} plan`,
      unlessRefused(async (deps) => {
        const made = await makePlan(deps, { ...asked, recipe: null });
        await storePlan(deps, made);
        planId = made.id;
      }),
      atMs,
    );
    const isSoon = at(seed, place, "soon") < 0.5;
    const laterMs = 5000 + Math.floor(at(seed, place, "later") * (isSoon ? 1 : 30) * MINUTE);
    simulation.command(
      `${place} apply`,
      unlessRefused(async (deps) => {
        const read = await readAgain(deps, asked, planId);
        if (read.is !== "true") return;
        const announced = await announce(deps, read.plan);
        if ("changed" in announced) return;
        for (let n = 0; n < ROUNDS; n++)
          for (const work of announced.works) await round(deps, work);
      }),
      atMs + laterMs,
    );
  };
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

/** The command shows what the cloud has answered, and ends. */
function unlessRefused(work: (deps: CleanUpDeps) => Promise<void>) {
  return async (deps: CleanUpDeps): Promise<void> => {
    try {
      await work(deps);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
    }
  };
}
