import * as z from "zod/mini";
import { type RecipeState, recipeStateKey, recipeStateSchema } from "../image/recipe-state.ts";
import { pauseEndedAtMs, wholePauseAt } from "../image/pause.ts";
import type { Key, Store } from "../ports.ts";
import { missedStart } from "../recipe/freshness.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { type Actor, load, unborn } from "./actor.ts";
import { storedRecord } from "../stored-record.ts";

/** The JSON text of an empty list. */
export const NOBODY = "[]";

/**
 * What the check remembers of a recipe. Without it, a recipe that is new or has a new schedule looks like a recipe that
 * never gets an image because its cloud refuses each run at once: neither has a recipe state.
 */
export const watchSchema = storedRecord(
  z.strictObject({
    schema: z.literal(2),
    /** The recipe's schedule as JSON text. */
    schedule: z.string(),
    /** When the recipe was first seen with this schedule. */
    sinceMs: z.int(),
    /** When the recipe was last logged as overdue. Null: it is not overdue. */
    reportedAtMs: z.nullable(z.int()),
    /** When the pause of the schedule by failures was last logged. Null: there is none. */
    pauseReportedAtMs: z._default(z.nullable(z.int()), null),
    /** Whom the recipe tells, as JSON text. What differs from it is put into the record of its notifications. */
    notifications: z._default(z.string(), NOBODY),
  }),
);
export type Watch = z.infer<typeof watchSchema>;

export interface Overdue {
  recipe: string;
  /** The first scheduled start without a new image, RFC 3339. */
  due: string;
  /** When an image was last promoted; null: never. */
  refreshed: string | null;
}

export interface Assessed {
  overdue: Overdue | null;
  /** When it becomes, or became, overdue without a promotion. Null: it has no further start. */
  overdueAtMs: number | null;
  /** The stored record. */
  actor: Actor<Watch>;
  /** The record to store. Begun anew if the schedule has changed. */
  watch: Watch;
  /** Null: the recipe has never run. */
  recipeState: Actor<RecipeState> | null;
}

/** What the decision goes by. Null: no such record yet. */
export interface FreshnessRecords {
  watch: Actor<Watch> | null;
  recipeState: Actor<RecipeState> | null;
}

/** Writes nothing. */
export async function assess(
  { store, graceMs, nowMs }: { store: Store; graceMs: number; nowMs: number },
  recipe: Recipe,
): Promise<Assessed> {
  return decideOverdue(recipe, await readFreshness(store, recipe.name), { graceMs, nowMs });
}

export async function readFreshness(store: Store, recipeName: string): Promise<FreshnessRecords> {
  return {
    watch: await load(store, watchKey(recipeName), watchSchema),
    recipeState: await load(store, recipeStateKey(recipeName), recipeStateSchema),
  };
}

/** Decides whether a recipe is overdue, for the check, the status, the metric and the alarm alike. */
export function decideOverdue(
  recipe: Recipe,
  { watch: stored, recipeState }: FreshnessRecords,
  { graceMs, nowMs }: { graceMs: number; nowMs: number },
): Assessed {
  const schedule = JSON.stringify(recipe.schedule);
  const blank: Watch = {
    schema: 2,
    schedule,
    sinceMs: nowMs,
    reportedAtMs: null,
    pauseReportedAtMs: null,
    notifications: stored?.doc.notifications ?? NOBODY,
  };
  const actor = stored ?? unborn(watchKey(recipe.name), blank);
  const watch = actor.doc.schedule === schedule ? actor.doc : blank;
  const refreshedAtMs = recipeState === null ? null : lastPromotion(recipeState.doc);
  const sinceMs = Math.max(
    watch.sinceMs,
    refreshedAtMs ?? 0,
    recipeState?.doc.notNeededAtMs ?? 0,
    startsCountFromMs(recipeState, nowMs),
  );
  const missed = missedStart(recipe, { sinceMs, graceMs });
  const isOverdue = missed !== null && nowMs >= missed.overdueAtMs;
  return {
    overdue: isOverdue ? overdueSince(recipe.name, missed.dueAtMs, refreshedAtMs) : null,
    overdueAtMs: missed?.overdueAtMs ?? null,
    actor,
    watch,
    recipeState,
  };
}

/** A recipe that a person paused is not overdue: its starts count from the end of the pause. */
function startsCountFromMs(recipeState: Actor<RecipeState> | null, nowMs: number): number {
  if (recipeState === null) return 0;
  if (wholePauseAt(recipeState.doc, nowMs) !== null) return nowMs;
  const isWhole = recipeState.doc.pause?.scope === "everything";
  return isWhole ? (pauseEndedAtMs(recipeState.doc, nowMs) ?? 0) : 0;
}

function overdueSince(recipe: string, dueAtMs: number, refreshedAtMs: number | null): Overdue {
  const due = new Date(dueAtMs).toISOString();
  const refreshed = refreshedAtMs === null ? null : new Date(refreshedAtMs).toISOString();
  return { recipe, due, refreshed };
}

/** Time of the last promotion, also if that image was rolled back or deleted since. */
function lastPromotion({ images }: RecipeState): number | null {
  const lastMs = images.reduce((last, { promotedAtMs }) => Math.max(last, promotedAtMs ?? 0), 0);
  return lastMs === 0 ? null : lastMs;
}

export function watchKey(recipeName: string): Key {
  return { pk: `R#${recipeName}`, sk: "freshness" };
}
