import type { LateTry, LedgerImage, Part, Where } from "../image/head.ts";
import { newCandidate } from "../image/ledger.ts";
import type { Intent, Run } from "./record.ts";

/** How the ledger writes down what a run has made. */

export function whereOf(run: Run): Where | null {
  if (run.source === null) return null;
  const { cloud, region } = run.recipe;
  return { cloud, region, projectId: run.source.projectId, sourceId: run.source.id };
}

export function candidateImage(run: Run, nowMs: number): LedgerImage | null {
  const where = whereOf(run);
  if (run.candidate === null || where === null) return null;
  const { id, tryId, creationName, sizeBytes } = run.candidate;
  const name = run.imageName ?? creationName;
  return newCandidate({ id, name, run: run.id, tryId, where, sizeBytes }, nowMs);
}

/** The snapshot and volume that exist only for this run's capture. */
export function temporaryParts(run: Run, state: Part["state"], nowMs: number): Part[] {
  const where = whereOf(run);
  if (where === null) return [];
  const part = (kind: Part["kind"], id: string): Part => ({
    kind,
    id,
    run: run.id,
    imageId: null,
    where,
    state,
    sinceMs: nowMs,
    refusedAtMs: null,
    why: null,
  });
  return [
    ...(run.volume === null ? [] : [part("volume", run.volume.id)]),
    ...(run.snapshot === null ? [] : [part("snapshot", run.snapshot.id)]),
  ];
}

/** Snapshots that an image's content lives in. */
export function snapshotParts(
  run: Run,
  imageId: string,
  snapshotIds: string[],
  state: Part["state"],
  nowMs: number,
): Part[] {
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
    refusedAtMs: null,
    why: null,
  }));
}

/**
 * What an unanswered create makes within 24 h of its run's end is deleted. An hour more: clocks differ, and a worker may
 * sleep between its last look at the clock and the end.
 */
const WATCH_MS = 25 * 3_600_000;
const FIRST_LOOK_MS = 60_000;

export function lateTries(run: Run, nowMs: number): LateTry[] {
  const where = whereOf(run);
  if (where === null) return [];
  const unanswered = [...run.lostTries, ...(run.intent === null ? [] : [run.intent])];
  return unanswered.flatMap((t: Intent) =>
    t.kind === "stop-server"
      ? []
      : [
          {
            kind: t.kind,
            run: run.id,
            tryId: t.id,
            name: t.name,
            where,
            atMs: t.atMs,
            nextLookAtMs: nowMs + FIRST_LOOK_MS,
            // By then it has ended, also a run that goes on to its next attempt and leaves this try to the ledger.
            untilMs: Math.max(nowMs, run.deadlineAtMs) + WATCH_MS,
          },
        ],
  );
}
