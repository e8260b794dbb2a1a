import * as z from "zod/mini";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import { whyStillThere } from "../../shared/image/kept-images.ts";
import type { Assessed } from "../../shared/protocol/overdue.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { nextStart } from "../../shared/recipe/jitter.ts";
import type { SourceProblem } from "../source-problems.ts";
import { documentSchema, listSchema, time, timeOf, timeOrNull } from "./document.ts";
import { currentSchema, viewCurrent } from "./current.ts";
import { hostSchema, type HostView } from "./host.ts";
import { freshness, freshnessSchema } from "./freshness.ts";
import { type LeftOff, leftOffSchema } from "./left-off.ts";
import { needsOf } from "./needs.ts";
import { type PauseView, pauseSchema, viewPause } from "./pause.ts";
import { heldSince } from "../../shared/run/schedule-hold.ts";
import { type RunRecord, runViewSchema, viewRun } from "./run.ts";

export const recipeStatusSchema = z.strictObject({
  recipe: z.string(),
  cloud: z.string(),
  region_name: z.nullable(z.string()),
  current: z.nullable(currentSchema),
  /** An image was current once, and none is now. */
  lost_current: z.boolean(),
  fresh: freshnessSchema,
  next_start_at: z.nullable(time),
  /** The active one, else the newest. Null: none yet. */
  last_run: z.nullable(runViewSchema),
  failures_in_a_row: z.int(),
  /** The schedule does not start this recipe, because this run's content was refused like the one's before. Null: it does. */
  schedule_held_since_run: z.nullable(z.string()),
  /** Nothing starts by itself, or the schedule does not. Null: it is not paused. */
  paused: z.nullable(pauseSchema),
  /** Servers that the last run has left switched off. */
  servers_left_off: z.array(leftOffSchema),
  /** Images, snapshots, volumes and backups that could not be deleted at the last try, and why. */
  not_deleted: z.array(z.strictObject({ kind: z.string(), id: z.string(), why: z.string() })),
  /** What the host saw at its last check in the cloud that the next run would fail with. Null: nothing, or a run has begun since. */
  source_problem: z.nullable(
    z.strictObject({
      field: z.string(),
      message: z.string(),
      remedy: z.nullable(z.string()),
      seen_at: time,
    }),
  ),
  /** A server was left off, the last run failed, the recipe is overdue, the current image is not usable, or none is current any more, something could not be deleted, the schedule is held, or failures have paused it. */
  needs_you: z.boolean(),
});
export type RecipeStatus = z.infer<typeof recipeStatusSchema>;

export const statusDocument = z.extend(listSchema, {
  recipes: z.array(recipeStatusSchema),
  /** Messages that nobody could process and nobody has put back: see `regild retry`. */
  stuck_dead_letters: z.int(),
  /** Null on AWS. */
  host: z.nullable(hostSchema),
  /** Null on AWS. */
  runs_under_way: z.nullable(z.int()),
});

export const recipeDocument = z.extend(documentSchema, { recipe: recipeStatusSchema });

export interface RecipeRecord {
  recipe: Recipe;
  recipeState: RecipeState | null;
  /** As the check for overdue recipes decides it. */
  assessed: Pick<Assessed, "overdue" | "overdueAtMs">;
  lastRun: RunRecord | null;
  sourceProblem?: SourceProblem | null;
  serversLeftOff?: LeftOff[];
}

export function viewRecipe(
  {
    recipe,
    recipeState,
    assessed,
    lastRun,
    sourceProblem = null,
    serversLeftOff = [],
  }: RecipeRecord,
  nowMs: number,
  host: HostView | null = null,
): RecipeStatus {
  const current = viewCurrent(recipeState);
  const fresh = freshness(recipe, recipeState, assessed);
  const heldRun = heldSince(recipeState, recipe);
  const paused = viewPause(recipeState, nowMs);
  const problem = isPast(sourceProblem, lastRun) ? null : sourceProblem;
  const status = {
    recipe: recipe.name,
    cloud: recipe.cloud,
    region_name: recipe.region,
    current,
    lost_current: current === null && hadCurrent(recipeState),
    fresh,
    next_start_at: heldRun === null ? nextStartOf(recipe, paused, nowMs) : null,
    last_run: lastRun === null ? null : viewRun(lastRun, recipeState, nowMs, host),
    failures_in_a_row: recipeState?.failuresInRow ?? 0,
    schedule_held_since_run: heldRun,
    paused,
    servers_left_off: serversLeftOff,
    not_deleted: recipeState === null ? [] : notDeleted(recipeState),
    source_problem: problem === null ? null : viewProblem(problem),
  };
  return { ...status, needs_you: needsOf(status).length > 0 };
}

function hadCurrent(recipeState: RecipeState | null): boolean {
  if (recipeState === null) return false;
  const { images, pointerChanges } = recipeState;
  return pointerChanges.length > 0 || images.some(({ promotedAtMs }) => promotedAtMs !== null);
}

function notDeleted({ images, resources }: RecipeState): RecipeStatus["not_deleted"] {
  const marked = ({ state }: { state: string }) => state === "deleting";
  const all = [
    ...images
      .filter(marked)
      .map((image) => ({ kind: "image", id: image.id, why: whyStillThere(image) })),
    ...resources.filter(marked),
  ];
  return all.flatMap(({ kind, id, why }) => (why === null ? [] : [{ kind, id, why }]));
}

function nextStartOf(recipe: Recipe, paused: PauseView | null, nowMs: number): string | null {
  if (paused === null) return timeOrNull(nextStart(recipe, nowMs));
  // A start right at the end of the pause is none that it holds.
  return paused.until === null ? null : timeOrNull(nextStart(recipe, Date.parse(paused.until) - 1));
}

/** A run that began later has looked for the source itself. */
function isPast(problem: SourceProblem | null, lastRun: RunRecord | null): boolean {
  return problem !== null && lastRun !== null && lastRun.run.startedAtMs > problem.seenAtMs;
}

function viewProblem({ field, message, remedy, seenAtMs }: SourceProblem) {
  return { field, message, remedy, seen_at: timeOf(seenAtMs) };
}
