import * as z from "zod/mini";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import { whyStillThere } from "../../shared/image/kept-images.ts";
import { AFTER_PROMOTE } from "../../shared/recipe/recipe.ts";
import { exportBegun, exportFileOf, pathOf } from "../../shared/run/exported.ts";
import type { Run } from "../../shared/run/record.ts";
import type { SourceItem } from "../../shared/source/item.ts";
import { commandsOf, isAsItWas } from "../../shared/source/saved-disk.ts";
import { serversOf, stopAskedAtMs } from "../../shared/source/servers.ts";
import { pointerChangeSchema, type PointerChangeView, viewChange } from "./pointer-change.ts";
import { currentSchema, viewCurrent } from "./current.ts";
import {
  documentSchema,
  listSchema,
  seconds,
  secondsBetween,
  time,
  timeOrNull,
} from "./document.ts";
import type { HostView } from "./host.ts";
import { type RunRecord, runViewSchema, viewRun } from "./run.ts";
import { eventSchema, stepSchema, viewEvents, viewSteps } from "./steps.ts";

const thing = z.strictObject({
  kind: z.enum(["server", "image", "snapshot", "volume", "backup"]),
  id: z.string(),
  /** When it was deleted, or seen running again; null: not noted, or not yet. */
  at: z.nullable(time),
  /** Why it is still there; null: nobody knows, or it is gone. */
  why: z.nullable(z.string()),
});
export type Thing = z.infer<typeof thing>;

export const runReportSchema = z.extend(runViewSchema, {
  source: z.nullable(z.strictObject({ kind: z.string(), id: z.string(), name: z.string() })),
  /** From the stop of the server until it was seen running again. */
  down_seconds: z.nullable(seconds),
  /** Why the hook that the run waits for did not take the last request. Null: it did, or none was sent, or none is awaited. */
  hook_problem: z.nullable(z.string()),
  replaced_image: z.nullable(z.string()),
  snapshots_deleted: z.int(),
  images_deleted: z.array(z.string()),
  /** When an earlier image took the place of this run's image, by whom and why. Null: none did. */
  rolled_back: z.nullable(pointerChangeSchema),
  /** Of a run that failed or was cancelled: what it had done and has taken back. */
  undone: z.array(thing),
  /** What is still to be taken back; tried again until it is. */
  left: z.array(thing),
  /** What the recipe wishes for the server once its image is current. Null: nothing. */
  after_promote: z.nullable(
    z.strictObject({
      action: z.enum(AFTER_PROMOTE),
      /** Null: not yet, or not at all. */
      done_at: z.nullable(time),
      /** Why it is not done at all. */
      kept: z.nullable(z.string()),
    }),
  ),
  /** The export of the image to OBS. Null: the recipe asks for none, or the run has no image. */
  export: z.nullable(
    z.strictObject({
      /** `bucket:file`. */
      to: z.string(),
      state: z.enum(["waiting", "running", "done", "failed"]),
      /** Of IMS. Null: not known. */
      job: z.nullable(z.string()),
      done_at: z.nullable(time),
      /** Why there is no file, and what to do. Null: it has not failed. */
      problem: z.nullable(z.strictObject({ message: z.string(), remedy: z.string() })),
    }),
  ),
  /** The recipe's current image now, whatever came of this run. */
  current: z.nullable(currentSchema),
  steps: z.array(stepSchema),
  events: z.array(eventSchema),
});
export type RunReport = z.infer<typeof runReportSchema>;

/** Of runs that were watched together. */
export const runReportsDocument = z.extend(listSchema, { runs: z.array(runReportSchema) });

export const runDocument = z.extend(documentSchema, { run: runReportSchema });

/** A run with what else is known of its things. */
export interface RunReportRecord extends RunRecord {
  recipeState: RecipeState | null;
  /** Of the sources that the run locked. */
  sources: SourceItem[];
  /** Why the hook did not take the last request. Left out: it did, or the run waits for none. */
  hookProblem?: string | null;
}

export function viewRunReport(
  record: RunReportRecord,
  nowMs: number,
  host: HostView | null = null,
): RunReport {
  const { run, recipeState, sources } = record;
  return {
    ...viewRun(record, recipeState, nowMs, host),
    source:
      run.source === null
        ? null
        : { kind: run.source.kind, id: run.source.id, name: run.source.name },
    down_seconds:
      run.stoppedAtMs === null || run.restoredAtMs === null
        ? null
        : secondsBetween(run.stoppedAtMs, run.restoredAtMs),
    hook_problem: record.hookProblem ?? null,
    replaced_image: run.replacedImageId,
    rolled_back: rolledBack(run, recipeState),
    snapshots_deleted: run.snapshotsCleaned,
    images_deleted: run.imagesRetired,
    undone: run.failure === null || run.promoted ? [] : undone(run, recipeState, sources),
    left: left(run, recipeState, sources),
    after_promote: viewAfterPromote(run),
    export: viewExport(run),
    current: viewCurrent(recipeState),
    steps: viewSteps(run, nowMs),
    events: viewEvents(run),
  };
}

function viewAfterPromote({ recipe, afterPromote }: Run): RunReport["after_promote"] {
  if (recipe.afterPromote === null) return null;
  const doneAtMs = afterPromote?.doneAtMs ?? null;
  const kept = afterPromote?.kept ?? null;
  return { action: recipe.afterPromote, done_at: timeOrNull(doneAtMs), kept };
}

function viewExport(run: Run): RunReport["export"] {
  const file = exportFileOf(run);
  if (file === null || run.failure !== null) return null;
  const { to, jobId, doneAtMs, problem } = run.imageExport ?? exportBegun(pathOf(file), 0);
  return { to, state: exportState(run), job: jobId, done_at: timeOrNull(doneAtMs), problem };
}

function exportState({ imageExport: state }: Run): NonNullable<RunReport["export"]>["state"] {
  if (state === undefined) return "waiting";
  if (state.doneAtMs !== null) return "done";
  return state.problem === null ? "running" : "failed";
}

function undone(run: Run, recipeState: RecipeState | null, sources: SourceItem[]): Thing[] {
  const things: Thing[] = [];
  const isPutBack = run.savedDisk?.readyAtMs != null && disksLeft(run, sources).length === 0;
  if (isPutBack && run.source !== null && run.outcome !== null)
    things.push({ kind: "volume", id: run.source.id, at: null, why: null });
  if (run.stoppedAtMs !== null && run.restoredAtMs !== null) {
    for (const { id } of serversOf(run)) {
      if (stopAskedAtMs(run, id) !== null)
        things.push({ kind: "server", id, at: timeOrNull(run.restoredAtMs), why: null });
    }
  }
  for (const image of recipeState?.images ?? []) {
    if (image.run === run.id && image.state === "gone") {
      things.push({ kind: "image", id: image.id, at: timeOrNull(image.goneAtMs), why: null });
    }
  }
  for (const { kind, id } of temporaryResources(run)) {
    const inInventory = recipeState?.resources.some(
      (resource) => resource.id === id && resource.state !== "gone",
    );
    if (run.outcome !== null && !inInventory) things.push({ kind, id, at: null, why: null });
  }
  return things;
}

/** Not put back, or only the snapshot of it is left. */
function disksLeft(run: Run, sources: SourceItem[]): Thing[] {
  return sources.flatMap(({ id, savedDisk: saved }): Thing[] => {
    if (saved === null || saved.run !== run.id || saved.stage === "watched") return [];
    return isAsItWas(saved)
      ? [{ kind: "snapshot", id: saved.snapshotId, at: null, why: null }]
      : [{ kind: "volume", id: saved.volumeId, at: null, why: commandsOf(saved, id) }];
  });
}

function left(run: Run, recipeState: RecipeState | null, sources: SourceItem[]): Thing[] {
  if (run.outcome === null) return [];
  const isLeft = (thing: { id: string; run: string; state: string }) =>
    thing.state === "deleting" && (thing.run === run.id || wasLeft(run, thing.id));
  return [
    ...disksLeft(run, sources),
    ...sources
      .filter((source) => source.owner === null && source.wishedPower !== null)
      .map(({ id }): Thing => ({ kind: "server", id, at: null, why: null })),
    ...(recipeState?.images ?? []).filter(isLeft).map((image): Thing => ({
      kind: "image",
      id: image.id,
      at: null,
      why: whyStillThere(image),
    })),
    ...(recipeState?.resources ?? [])
      .filter(isLeft)
      .map(({ kind, id, why }): Thing => ({ kind, id, at: null, why })),
  ];
}

/** Of an earlier run, whose image this run has retired. */
function wasLeft({ leftovers }: Run, id: string): boolean {
  return leftovers.some((text) => text.includes(id));
}

/** The snapshot and volume of a capture by way of a snapshot. */
function temporaryResources({
  volume,
  snapshot,
}: Run): Array<{ kind: "snapshot" | "volume"; id: string }> {
  return [
    ...(volume === null ? [] : [{ kind: "volume" as const, id: volume.id }]),
    ...(snapshot === null ? [] : [{ kind: "snapshot" as const, id: snapshot.id }]),
  ];
}

function rolledBack(run: Run, recipeState: RecipeState | null): PointerChangeView | null {
  const left = recipeState?.pointerChanges.findLast(
    ({ kind, from }) => kind === "rolled-back" && from !== null && from === run.candidate?.id,
  );
  return left === undefined || recipeState === null ? null : viewChange(recipeState, left);
}
