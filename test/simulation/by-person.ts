import { pauseRecipe, resumeRecipe } from "../../shared/commands/pause.ts";
import { pauseAt } from "../../shared/image/pause.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { at } from "./random.ts";
import type { Simulation } from "./simulation.ts";
import { recipesOf } from "./world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A person pauses a recipe at any time or at a run's next step, for a while or until somebody resumes it. */
export function pauseOne(simulation: Simulation, seed: string, place: string): void {
  const recipe = chosen(simulation, seed, place, 0.12);
  if (recipe === undefined) return;
  const isOpen = at(seed, place, "open") < 0.4;
  const lastsMs = MINUTE + Math.floor(at(seed, place, "lasts") * 2 * HOUR);
  const pause = (atMs: number) => {
    simulation.command(
      `${place} pause`,
      async (deps) => {
        const untilMs = isOpen ? null : deps.now() + lastsMs;
        await pauseRecipe(deps, recipe.name, { by: "anna", reason: place, untilMs });
      },
      atMs,
    );
    if (isOpen) resume(simulation, recipe.name, place, atMs + lastsMs);
  };
  const atMs = simulation.nowMs + Math.floor(at(seed, place, "when") * 2 * HOUR);
  simulation.scheduler.atTime(atMs, () => {
    if (at(seed, place, "how") < 0.5) return pause(simulation.nowMs);
    const delayMs = Math.floor(at(seed, place, "delay") * 3000);
    simulation.onceRun(
      ({ recipeName }) => recipeName === recipe.name,
      () => pause(simulation.nowMs + delayMs),
    );
  });
}

/** A pause that nobody has ended, as the command that was to end it was killed, would keep old images for ever. */
export function resumeAll(simulation: Simulation, seed: string): void {
  for (const { name } of recipesOf(seed)) {
    const recipeState = simulation.recipeState(name);
    if (recipeState !== null && pauseAt(recipeState, simulation.nowMs) !== null)
      resume(simulation, name, `in the end ${name}`, simulation.nowMs);
  }
}

function resume(simulation: Simulation, recipeName: string, place: string, atMs: number): void {
  simulation.command(
    `${place} resume`,
    async (deps) => {
      await resumeRecipe(deps, recipeName, "ben");
    },
    atMs,
  );
}

function chosen(
  simulation: Simulation,
  seed: string,
  place: string,
  probability: number,
): Recipe | undefined {
  if (!simulation.options.faults.happens(place, probability)) return undefined;
  const recipes = recipesOf(seed);
  return recipes[Math.floor(at(seed, place, "recipe") * recipes.length)];
}
