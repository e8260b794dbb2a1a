import { recipeStateKey, recipeStateSchema } from "../../shared/image/recipe-state.ts";
import { load } from "../../shared/protocol/actor.ts";
import { applyRecipe } from "../../shared/protocol/apply-recipe.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { at } from "./random.ts";
import type { Simulation } from "./simulation.ts";

const HOUR = 3_600_000;

/** Some recipes protect their images. */
export function hasProtection(seed: string): boolean {
  return at(seed, "protected") < 0.1;
}

/** Fields of `image:`. */
export function protectionOf(seed: string): string[] {
  return hasProtection(seed) ? ["protected: true"] : [];
}

/** A person protects an image of the program's own, or takes a protection off, and sets it again some time later. */
export function protectByHand(simulation: Simulation, seed: string, place: string): void {
  const { cloud, options, scheduler } = simulation;
  if (!hasProtection(seed) || !options.faults.happens(place, 0.6)) return;
  const change = (id: string, isOn: boolean) => {
    const image = cloud.world.firstZone.images.get(id);
    if (image === undefined) return;
    image.protected = isOn;
    const what = isOn ? "protects image" : "takes the protection off image";
    simulation.note("operator", `${what} ${id}`, "done");
    options.onActed?.(what, id);
  };
  const atMs = simulation.nowMs + Math.floor(at(seed, place, "when") * 2 * HOUR);
  scheduler.atTime(atMs, () => {
    cloud.settle();
    const made = [...cloud.world.firstZone.images.values()].filter(
      ({ name, status }) => name !== "base" && status === "active",
    );
    const image = made[Math.floor(at(seed, place, "which") * made.length)];
    if (image === undefined) return;
    const isOn = at(seed, place, "on") < 0.3;
    change(image.id, isOn);
    if (isOn || at(seed, place, "again") < 0.3) return;
    const againMs = simulation.nowMs + Math.floor(at(seed, place, "again after") * HOUR);
    scheduler.atTime(againMs, () => change(image.id, true));
  });
}

/** A person takes `protected` out of the recipe, and mostly writes it again later. */
export function rewriteProtected(simulation: Simulation, seed: string, recipe: Recipe): void {
  const place = `protected out of ${recipe.name}`;
  if (!hasProtection(seed) || !simulation.options.faults.happens(place, 0.4)) return;
  const offMs = simulation.nowMs + Math.floor(at(seed, place, "off") * 2 * HOUR);
  const onMs = offMs + Math.floor(at(seed, place, "on") * 2 * HOUR);
  apply(simulation, { ...recipe, image: { ...recipe.image, protected: false } }, offMs);
  if (at(seed, place, "again") < 0.6) apply(simulation, recipe, onMs);
}

/** As the host does that reads the changed file. */
function apply(simulation: Simulation, recipe: Recipe, atMs: number): void {
  const word = recipe.image.protected ? "protected" : "not protected";
  simulation.command(
    `${recipe.name} is ${word} from now on`,
    async (deps) => {
      const actor = await load(deps.store, recipeStateKey(recipe.name), recipeStateSchema);
      if (actor !== null) await applyRecipe(deps, recipe, actor);
    },
    atMs,
  );
}
