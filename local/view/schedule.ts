import * as z from "zod/mini";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { startOffsetMs } from "../../shared/recipe/jitter.ts";
import { startsWithin } from "../../shared/recipe/schedule.ts";
import { documentSchema, time, timeOf } from "./document.ts";

export const scheduledStartSchema = z.strictObject({
  recipe: z.string(),
  at: time,
  cron: z.string(),
  timezone: z.string(),
  /** In the schedule's own zone: `2026-11-29 02:30`. */
  local_time: z.string(),
  notes: z.array(
    z.strictObject({
      /**
       * `double`: a second entry of the recipe starts at this time too, and one run does for both. `repeated_hour`: clocks
       * go back, and the same local time comes twice. `joins`: the recipe's run before usually still works.
       * `same_source`: another recipe of the same server or volume usually works then, and one waits for the other.
       * `paused`: the recipe is paused then, and this start is left out.
       */
      kind: z.enum(["double", "repeated_hour", "joins", "same_source", "paused"]),
      /** The other recipe, or the other entry's cron; null: there is none. */
      other: z.nullable(z.string()),
      /** When the other started. */
      other_at: z.nullable(time),
    }),
  ),
});
export type ScheduledStart = z.infer<typeof scheduledStartSchema>;

export const scheduleDocument = z.extend(documentSchema, {
  until: time,
  starts: z.array(scheduledStartSchema),
  /** There are later starts in this time, left out. */
  is_cut: z.boolean(),
  /** Recipes that start by no schedule. */
  without_schedule: z.array(z.string()),
});

interface Start {
  recipe: Recipe;
  atMs: number;
  entry: Recipe["schedule"][number];
}

/** @param usualSeconds how long a recipe's uploads take; null: not known, and then only equal times are an overlap. */
export function scheduledStarts(
  recipes: Iterable<Recipe>,
  is: {
    fromMs: number;
    untilMs: number;
    most: number;
    usualSeconds: (recipe: Recipe) => number | null;
    isPaused?: (recipe: Recipe, atMs: number) => boolean;
  },
): { starts: ScheduledStart[]; isCut: boolean } {
  const all = [...recipes].flatMap((recipe) => {
    const offsetMs = startOffsetMs(recipe);
    const [fromMs, untilMs] = [is.fromMs - offsetMs, is.untilMs - offsetMs];
    return recipe.schedule.flatMap((entry): Start[] =>
      startsWithin(entry, fromMs, untilMs, is.most + 1).map((atMs) => ({
        recipe,
        atMs: atMs + offsetMs,
        entry,
      })),
    );
  });
  all.sort((a, b) => a.atMs - b.atMs || a.recipe.name.localeCompare(b.recipe.name));
  const shown: ScheduledStart[] = [];
  const earlier: Start[] = [];
  for (const start of all) {
    const twin = earlier.find((each) => each.recipe === start.recipe && each.atMs === start.atMs);
    if (twin === undefined) {
      if (shown.length === is.most) return { starts: shown, isCut: true };
      const isPaused = is.isPaused?.(start.recipe, start.atMs) ?? false;
      shown.push(isPaused ? leftOut(start) : view(start, earlier, is.usualSeconds));
      if (isPaused) continue;
    } else {
      const { cron } = start.entry;
      const at = timeOf(start.atMs);
      const first = shown.find((each) => each.recipe === start.recipe.name && each.at === at);
      first?.notes.push({ kind: "double", other: cron, other_at: at });
    }
    earlier.push(start);
  }
  return { starts: shown, isCut: false };
}

function leftOut({ recipe, atMs, entry: { cron, timezone } }: Start): ScheduledStart {
  const notes = [{ kind: "paused" as const, other: null, other_at: null }];
  const local = localTimeOf(atMs, timezone);
  return { recipe: recipe.name, at: timeOf(atMs), cron, timezone, local_time: local, notes };
}

function view(
  start: Start,
  earlier: Start[],
  usualSeconds: (recipe: Recipe) => number | null,
): ScheduledStart {
  const { recipe, atMs, entry } = start;
  const localTime = localTimeOf(atMs, entry.timezone);
  const isStillAtWork = (each: Start): boolean =>
    each.atMs + (usualSeconds(each.recipe) ?? 0) * 1000 > atMs || each.atMs === atMs;
  const atWork = earlier.filter(isStillAtWork);
  const notes: ScheduledStart["notes"] = [];
  const before = earlier.findLast((each) => each.recipe === recipe);
  if (
    before?.entry === entry &&
    before.atMs !== atMs &&
    localTimeOf(before.atMs, entry.timezone) === localTime
  ) {
    notes.push({ kind: "repeated_hour", other: null, other_at: timeOf(before.atMs) });
  }
  if (before !== undefined && isStillAtWork(before)) {
    notes.push({ kind: "joins", other: recipe.name, other_at: timeOf(before.atMs) });
  }
  const others = atWork.filter(
    (each) => each.recipe !== recipe && isSameSource(each.recipe, recipe),
  );
  for (const { recipe: other, atMs: otherAtMs } of others) {
    notes.push({ kind: "same_source", other: other.name, other_at: timeOf(otherAtMs) });
  }
  const { cron, timezone } = entry;
  return { recipe: recipe.name, at: timeOf(atMs), cron, timezone, local_time: localTime, notes };
}

function isSameSource(a: Recipe, b: Recipe): boolean {
  return (
    a.cloud === b.cloud &&
    a.region === b.region &&
    a.source.kind === b.source.kind &&
    a.source.idOrName === b.source.idOrName &&
    a.allowSource === null
  );
}

function localTimeOf(ms: number, timeZone: string): string {
  // Swedish writes dates as ISO 8601 does.
  const format = new Intl.DateTimeFormat("sv", {
    timeZone,
    dateStyle: "short",
    timeStyle: "short",
  });
  return format.format(ms);
}
