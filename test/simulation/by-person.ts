import { adopt } from "../../shared/commands/adopt.ts";
import { changePin } from "../../shared/commands/pin.ts";
import { answerApproval } from "../../shared/commands/approve.ts";
import { pauseRecipe, resumeRecipe } from "../../shared/commands/pause.ts";
import { pauseAt } from "../../shared/image/pause.ts";
import { CloudError } from "../../shared/openstack/errors.ts";
import type { Deps } from "../../shared/protocol/step.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { at } from "./random.ts";
import type { Simulation } from "./simulation.ts";
import { recipesOf } from "./world.ts";

type CommandDeps = Pick<Deps, "store" | "queue" | "ids" | "now">;

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

/**
 * Each run that asks for approval is answered by one or two people, at any time, or by nobody. A second answer comes at
 * the same time as the first, or right after it.
 */
export function answerAll(simulation: Simulation, seed: string): void {
  if (recipesOf(seed).every(({ promote }) => promote === "auto")) return;
  const asked = new Set<string>();
  simulation.onRunWritten = ({ id, approval, outcome }) => {
    if (approval === null || outcome !== null || asked.has(id)) return;
    asked.add(id);
    for (let n = 1; n <= 2; n++) {
      const place = `answer ${n} to ${id}`;
      if (at(seed, place, "whether") > (n === 1 ? 0.8 : 0.3)) continue;
      const kind = at(seed, place, "kind") < 0.7 ? "approved" : "rejected";
      const isLate = at(seed, place, "late") < 0.15;
      const after = Math.floor(at(seed, `answer to ${id}`, "when") * (isLate ? 70 : 20) * MINUTE);
      const atMs = simulation.nowMs + after + Math.floor(at(seed, place, "delay") * 2000);
      simulation.command(
        place,
        async (deps) => {
          await answerApproval(deps, id, { kind, by: "anna", reason: place });
        },
        atMs,
      );
    }
  };
}

/** A person takes an image that somebody made by hand into a recipe's line, or one of a run, or one that is protected. */
export function adoptOne(simulation: Simulation, seed: string, place: string): void {
  const recipe = chosen(simulation, seed, place, 0.06);
  if (recipe === undefined) return;
  const { cloud } = simulation;
  const atMs = simulation.nowMs + MINUTE + Math.floor(at(seed, place, "when") * 2 * HOUR);
  simulation.command(
    `${place} adopt`,
    async (deps) => {
      cloud.settle();
      const isProtected = at(seed, place, "protected") < 0.3;
      const own = cloud.operator.addImage({ name: "made by hand", protected: isProtected });
      const all = [...cloud.world.firstZone.images.values()].filter(({ name }) => name !== "base");
      const isAny = at(seed, place, "any") < 0.3;
      const image = isAny ? all[Math.floor(at(seed, place, "which") * all.length)] : own;
      const known = recipesOf(seed).map(({ name }) => name);
      const asked = { recipeName: recipe.name, id: (image ?? own).id, known, by: "anna" };
      try {
        await adopt(deps, { ...asked, reason: place });
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
      }
    },
    atMs,
  );
}

/** A person pins an image of a recipe, at any time, and maybe takes the pin out again. */
export function pinOne(simulation: Simulation, seed: string, place: string): void {
  const recipe = chosen(simulation, seed, place, 0.15);
  if (recipe === undefined) return;
  const atMs = simulation.nowMs + Math.floor(at(seed, place, "when") * 2 * HOUR);
  const change = (asking: { by: string; reason: string } | null) => async (deps: CommandDeps) => {
    const images = simulation.recipeState(recipe.name)?.images ?? [];
    const image = images[Math.floor(at(seed, place, "image") * images.length)];
    if (image !== undefined) await changePin(deps, recipe.name, image.id, asking);
  };
  simulation.command(`${place} pin`, change({ by: "anna", reason: place }), atMs);
  if (at(seed, place, "unpin") < 0.4)
    simulation.command(
      `${place} unpin`,
      change(null),
      atMs + Math.floor(at(seed, place, "lasts") * HOUR),
    );
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
