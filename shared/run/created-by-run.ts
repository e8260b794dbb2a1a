import type { LateAttempt, InventoryImage, BackingResource, Where } from "../image/recipe-state.ts";
import { newCandidate } from "../image/inventory.ts";
import type { Intent, Run } from "./record.ts";

/** How the inventory writes down what a run has made. */

/** Of a recipe whose starts name the source: all its images are of one line, kept and deleted together. */
const ANY_ALLOWED = "any allowed source";

export function whereOf(run: Run): Where | null {
  if (run.source === null) return null;
  const { cloud, region } = run.recipe;
  const sourceId = run.recipe.allowSource === null ? run.source.id : ANY_ALLOWED;
  return { cloud, region, projectId: run.source.projectId, sourceId };
}

export function candidateImage(run: Run, nowMs: number): InventoryImage | null {
  const where = whereOf(run);
  if (run.candidate === null || where === null) return null;
  const { id, attemptId, creationName, sizeBytes } = run.candidate;
  const name = run.imageName ?? creationName;
  const { version } = run.recipe.image;
  const made = newCandidate({ id, name, run: run.id, attemptId, where, sizeBytes }, nowMs);
  return { ...made, version, zones: run.recipe.zones };
}

/** The snapshot and volume that exist only for this run's capture. */
export function temporaryResources(
  run: Run,
  state: BackingResource["state"],
  nowMs: number,
): BackingResource[] {
  const where = whereOf(run);
  if (where === null) return [];
  const resource = (kind: BackingResource["kind"], id: string): BackingResource => ({
    kind,
    id,
    run: run.id,
    imageId: null,
    where,
    state,
    sinceMs: nowMs,
    askedAtMs: null,
    refusedAtMs: null,
    why: null,
  });
  return [
    ...(run.volume === null ? [] : [resource("volume", run.volume.id)]),
    ...(run.snapshot === null ? [] : [resource("snapshot", run.snapshot.id)]),
  ];
}

/** Snapshots that an image's content lives in. */
export function snapshotResources(
  run: Run,
  imageId: string,
  snapshotIds: string[],
  state: BackingResource["state"],
  nowMs: number,
): BackingResource[] {
  const where = whereOf(run);
  if (where === null) return [];
  return snapshotIds.map((id) => ({
    kind: "snapshot",
    id,
    run: run.id,
    imageId,
    where,
    state,
    sinceMs: nowMs,
    askedAtMs: null,
    refusedAtMs: null,
    why: null,
  }));
}

/**
 * What an unanswered create makes within 24 h of its run's end is deleted. An hour more: clocks differ, and a worker may
 * sleep between its last check of the clock and the end.
 */
const WATCH_MS = 25 * 3_600_000;
const FIRST_CHECK_MS = 60_000;

export function lateAttempts(run: Run, nowMs: number): LateAttempt[] {
  const where = whereOf(run);
  if (where === null) return [];
  const unanswered = [...run.unansweredAttempts, ...(run.intent === null ? [] : [run.intent])];
  return unanswered.flatMap((t: Intent) =>
    t.kind === "stop-server"
      ? []
      : [
          {
            kind: t.kind,
            run: run.id,
            attemptId: t.id,
            name: t.name,
            imageId: t.imageId,
            where,
            atMs: t.atMs,
            nextCheckAtMs: nowMs + FIRST_CHECK_MS,
            // By then it has ended, also a run that goes on to its next attempt and leaves this try to the inventory.
            untilMs: Math.max(nowMs, run.deadlineAtMs) + WATCH_MS,
          },
        ],
  );
}
