import * as z from "zod/mini";
import { recipeStateKey, recipeStateSchema } from "../image/recipe-state.ts";
import { isInPause, pauseAt, pauseText } from "../image/pause.ts";
import { fillInputs } from "../recipe/inputs.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { nextStart, startOffsetMs } from "../recipe/jitter.ts";
import { heldSince } from "../run/schedule-hold.ts";
import { commit, load, unborn } from "./actor.ts";
import { start } from "./start.ts";
import type { Deps } from "./step.ts";

const tickSchema = z.strictObject({ schema: z.literal(1), evaluatedToMs: z.int() });
const KEY = { pk: "K#tick", sk: "t" };

/** A host that was down longer catches up once, and ignores starts that are older than this. */
const CATCH_UP_MS = 24 * 3_600_000;
/** These starts share one wait for the disk. */
const STARTED_AT_ONCE = 50;

/**
 * Starts one run for every recipe that had a scheduled start since the last tick, also if it had several. The tick is
 * written after the starts, and a repeated start leads to the same run. Skips paused recipes, and recipes whose content
 * the image service keeps refusing, and logs each skipped start.
 * @returns ids of the runs.
 */
export async function startScheduled(
  deps: Omit<Deps, "clouds">,
  installationId: string,
  recipes: ReadonlyMap<string, Recipe>,
): Promise<string[]> {
  const now = deps.now();
  const tick =
    (await load(deps.store, KEY, tickSchema)) ??
    unborn(KEY, { schema: 1 as const, evaluatedToMs: now });
  const sinceMs = Math.max(tick.doc.evaluatedToMs, now - CATCH_UP_MS);
  const toStart: Array<() => Promise<string>> = [];
  for (const recipe of recipes.values()) {
    const dueAtMs = lastDue(recipe, sinceMs, now);
    if (dueAtMs === null) continue;
    const due = new Date(dueAtMs).toISOString();
    const recipeState =
      (await load(deps.store, recipeStateKey(recipe.name), recipeStateSchema))?.doc ?? null;
    const pause = recipeState?.pause ?? null;
    if (
      recipeState !== null &&
      pause !== null &&
      (isInPause(recipeState, dueAtMs) || pauseAt(recipeState, now) !== null)
    ) {
      const why = pauseText(pause);
      deps.log.info("scheduled start is left out: paused", { recipe: recipe.name, due, why });
      continue;
    }
    const refusedRun = heldSince(recipeState, recipe);
    if (refusedRun !== null) {
      deps.log.error("scheduled start is held: the content was refused before", {
        recipe: recipe.name,
        due,
        run: refusedRun,
        remedy: `change the recipe (image.disk_format: qcow2), or try again: regild refresh ${recipe.name}`,
      });
      continue;
    }
    const filled = fillInputs(recipe, {});
    if ("problem" in filled) {
      deps.log.error("scheduled start is not possible", {
        recipe: recipe.name,
        due,
        reason: filled.problem,
      });
      continue;
    }
    const trigger = {
      kind: "schedule",
      by: "schedule",
      // The time without the jitter: a recipe whose jitter was changed meanwhile is not started twice.
      id: `${recipe.name} ${new Date(dueAtMs - startOffsetMs(recipe)).toISOString()}`,
    } as const;
    toStart.push(() => start(deps, installationId, filled.recipe, trigger));
  }
  const started: string[] = [];
  for (let from = 0; from < toStart.length; from += STARTED_AT_ONCE) {
    const group = toStart.slice(from, from + STARTED_AT_ONCE);
    started.push(...(await Promise.all(group.map((startOne) => startOne()))));
  }
  await commit(deps, tick, { schema: 1 as const, evaluatedToMs: now }, { sweepAtMs: null });
  return started;
}

/** The newest start in (since, until]. If starts were missed, this one run catches up. */
function lastDue(recipe: Recipe, sinceMs: number, untilMs: number): number | null {
  let due: number | null = null;
  for (
    let next = nextStart(recipe, sinceMs);
    next !== null && next <= untilMs;
    next = nextStart(recipe, next)
  ) {
    due = next;
  }
  return due;
}
