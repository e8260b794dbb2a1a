import { faultOfCurrent } from "../image/current-check.ts";
import { imageOf } from "../image/inventory.ts";
import { pauseAt } from "../image/pause.ts";
import type { RecipeState } from "../image/recipe-state.ts";
import { isStopped } from "../image/removal-plan.ts";
import { beyondKeep, mayGoAtMs } from "../image/retention.ts";
import type { NotificationState } from "../notification/state.ts";
import type { Actor } from "../protocol/actor.ts";
import type { Watch } from "../protocol/overdue.ts";
import { isWaitingForApproval } from "../run/approval.ts";
import type { Run } from "../run/record.ts";
import type { Notification } from "../notification/message.ts";
import * as say from "./phrases.ts";

/** The records of a recipe. */
export interface Records {
  /** Those that may have news: the ones of the last day, and those that had not ended at the last look. */
  runs: ReadonlyArray<Actor<Run>>;
  recipeState: RecipeState | null;
  watch: Watch | null;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** A run whose next check is this late, and still is at a later look, stands still. */
const LATE_MS = 30 * MINUTE;
const STILL_LATE_MS = 15 * MINUTE;
/** How long before an image goes people are told; at its retirement where that is later. */
const DELETED_WITHIN_MS = DAY;

/**
 * What people are to be told of. Everything that holds now has an id of its own, so what is found again is no news, also if
 * a stop came between the message and this record. Pure.
 * @returns `news` that were not found before, and the state to write once they are written down.
 */
export function findNews(
  state: NotificationState,
  records: Records,
  nowMs: number,
): { news: Notification[]; state: NotificationState } {
  const ended = records.runs
    .map(({ doc }) => doc)
    .filter(({ endedAtMs }) => endedAtMs !== null && endedAtMs >= state.sinceMs)
    .toSorted((a, b) => (a.endedAtMs ?? 0) - (b.endedAtMs ?? 0));
  const { isFailing, found: ends } = ofEnds(ended, state, records, nowMs);
  const openRuns = openRunsOf(state, records, nowMs);
  const found = [
    ...ends,
    ...ofOpenRuns(records, openRuns, nowMs),
    ...(records.recipeState === null ? [] : ofRecipe(records.recipeState, state.sinceMs, nowMs)),
    ...ofWatch(state.recipe, records, nowMs),
  ];
  const before = new Set(state.known);
  const known = [...new Set(found.map(({ id }) => id))];
  return {
    news: found.filter(({ id }) => !before.has(id)),
    state: { ...state, readAtMs: nowMs, openRuns, isFailing, known },
  };
}

/** In the order of their ends, because a success is a recovery only after a failure. */
function ofEnds(
  ended: readonly Run[],
  state: NotificationState,
  { recipeState }: Records,
  nowMs: number,
): { isFailing: boolean; found: Notification[] } {
  let { isFailing } = state;
  const before = new Set(state.known);
  const found = ended.flatMap((run): Notification[] => {
    const of = { runId: run.id, atMs: run.endedAtMs ?? nowMs };
    const image = imageOfRun(run);
    if (run.outcome === "failed") {
      const failed = say.failed(run, recipeState, nowMs);
      if (!before.has(`failed#${run.id}`)) isFailing = true;
      return [notification("failed", run.recipeName, { ...of, image: null }, failed)];
    }
    if (run.outcome !== "succeeded") return [];
    // Which one it was is fixed by what was found first.
    const wasKnown = before.has(`recovered#${run.id}`) || before.has(`promoted#${run.id}`);
    const isRecovery = wasKnown ? before.has(`recovered#${run.id}`) : isFailing;
    if (!wasKnown) isFailing = false;
    const event = isRecovery ? "recovered" : "promoted";
    const said = isRecovery ? say.recovered(run) : say.promoted(run);
    return [notification(event, run.recipeName, { ...of, image }, said)];
  });
  return { isFailing, found };
}

function openRunsOf(
  { openRuns }: NotificationState,
  { runs }: Records,
  nowMs: number,
): NotificationState["openRuns"] {
  return runs.flatMap(({ doc: { id, outcome, reconcileAtMs } }) => {
    if (outcome !== null) return [];
    const isLate = nowMs - reconcileAtMs > LATE_MS;
    const sinceMs = openRuns.find((run) => run.id === id)?.lateSinceMs ?? nowMs;
    return [{ id, lateSinceMs: isLate ? sinceMs : null }];
  });
}

function ofOpenRuns(
  { runs }: Records,
  openRuns: NotificationState["openRuns"],
  nowMs: number,
): Notification[] {
  return runs.flatMap(({ doc: run }) => {
    const { recipeName, id: runId, approval } = run;
    const lateSinceMs = openRuns.find(({ id }) => id === runId)?.lateSinceMs ?? null;
    const found: Notification[] = [];
    if (approval !== null && isWaitingForApproval(run)) {
      const of = { runId, atMs: approval.askedAtMs, image: imageOfRun(run) };
      found.push(notification("approval", recipeName, of, say.approval(run, approval.untilMs)));
    }
    if (lateSinceMs !== null && nowMs - lateSinceMs >= STILL_LATE_MS) {
      const of = { runId, atMs: nowMs, image: null };
      found.push(notification("standing_still", recipeName, of, say.standingStill(run, nowMs)));
    }
    return found;
  });
}

function ofRecipe(recipeState: RecipeState, sinceMs: number, nowMs: number): Notification[] {
  const { recipeName } = recipeState;
  const found: Notification[] = [];
  const add = (
    event: Notification["event"],
    of: { subject: string; atMs: number; image: Notification["image"]; runId?: string },
    said: say.Said,
  ): void => void found.push(notification(event, recipeName, of, said));

  for (const change of recipeState.pointerChanges) {
    const isBack = change.kind === "rolled-back" || change.kind === "revoked";
    if (!isBack || change.to === null || change.atMs < sinceMs) continue;
    const image = named(recipeState, change.to);
    const of = { subject: change.id, atMs: change.atMs, image };
    add("promoted", of, say.wentBack(recipeName, change, image));
  }
  const fault = faultOfCurrent(recipeState);
  if (fault !== null && recipeState.current !== null) {
    const image = named(recipeState, recipeState.current);
    const of = { subject: `${image.id}#${fault.sinceMs}`, atMs: fault.sinceMs, image };
    add("unusable", of, say.unusable(recipeName, fault, image));
  }
  const pause = pauseAt(recipeState, nowMs);
  if (pause?.scope === "schedule") {
    const day = Math.floor((nowMs - pause.atMs) / DAY); // once, then a reminder each day
    const of = { subject: `${pause.atMs}#${day}`, atMs: pause.atMs, image: null };
    add("paused", of, say.paused(recipeName, pause));
  }
  const stopped = recipeState.images.flatMap(({ kept }) =>
    kept !== null && isStopped(kept.why) ? [kept] : [],
  );
  const latest = stopped.toSorted((a, b) => b.seenAtMs - a.seenAtMs)[0];
  if (latest !== undefined && latest.seenAtMs >= sinceMs) {
    const of = { subject: dayOf(latest.seenAtMs), atMs: latest.seenAtMs, image: null };
    add("clean_up_stopped", of, say.cleanUpStopped(recipeName, latest.why));
  }
  const { rules } = recipeState;
  for (const image of rules === null ? [] : beyondKeep(recipeState, rules.keep)) {
    const goesAtMs = rules === null ? 0 : mayGoAtMs(image, rules);
    if (goesAtMs - nowMs > DELETED_WITHIN_MS) continue;
    const is = { id: image.id, name: image.name };
    const subject = `${image.id}#${image.retiredAtMs ?? 0}`;
    add(
      "deleting_soon",
      { subject, atMs: nowMs, image: is },
      say.deletingSoon(recipeName, is, goesAtMs),
    );
  }
  return found;
}

/** The check of the schedules writes down when it finds a recipe overdue, and again once a day. */
function ofWatch(recipe: string, { watch, recipeState }: Records, nowMs: number): Notification[] {
  const reportedAtMs = watch?.reportedAtMs ?? null;
  if (reportedAtMs === null) return [];
  const of = { subject: dayOf(reportedAtMs), atMs: reportedAtMs, image: null };
  return [notification("overdue", recipe, of, say.overdue(recipe, recipeState, nowMs))];
}

function notification(
  event: Notification["event"],
  recipe: string,
  of: { subject?: string; runId?: string; atMs: number; image: Notification["image"] },
  { title, lines }: say.Said,
): Notification {
  const { runId = null, subject = runId ?? "", atMs, image } = of;
  return { id: `${event}#${subject}`, event, recipe, run: runId, image, atMs, title, lines };
}

function imageOfRun({ candidate, imageName }: Run): Notification["image"] {
  return candidate === null
    ? null
    : { id: candidate.id, name: imageName ?? candidate.creationName };
}

function named(recipeState: RecipeState, id: string): { id: string; name: string } {
  return { id, name: imageOf(recipeState, id)?.name ?? id };
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
