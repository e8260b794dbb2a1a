import type { Ctx } from "../context.ts";
import type { Store } from "../ports.ts";
import { QUEUED_MS } from "../run/queued-runs.ts";
import type { Run } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import {
  awaitPlace,
  leave,
  noUploads,
  takePlace,
  uploadsKey,
  uploadsSchema,
} from "../run/uploads.ts";
import { load, underWaySinceMs } from "./actor.ts";
import type { Decision } from "./step.ts";

/** A run whose place was lost with a worker asks again after this time. */
const ASK_AGAIN_MS = 5 * 60_000;

export interface SeenRoom {
  kind: "room";
  has: boolean;
  waits: boolean;
  /** Runs that upload, and those that were before this one, without those that have ended. */
  uploading: number;
  before: number;
  ended: string[];
}

export type RoomAct = { kind: "take-room"; ended: string[] } | { kind: "await-room" };

export async function seeRoom(store: Store, run: Run): Promise<SeenRoom> {
  const uploads = (await load(store, uploadsKey(run.recipe), uploadsSchema))?.doc;
  const { uploading, waiting } = uploads ?? noUploads(run.recipe.cloud);
  const most = run.recipe.maxParallel ?? Infinity;
  const place = waiting.findIndex(({ run: id }) => id === run.id);
  const ended: string[] = [];
  const isOver = async ({ run: id }: { run: string }): Promise<boolean> => {
    const isEnded = (await underWaySinceMs(store, id)) === null;
    if (isEnded) ended.push(id);
    return isEnded;
  };
  const seen = { uploading: 0, before: 0 };
  for (const one of uploading) if (!(await isOver(one))) seen.uploading++;
  // The rest of those that wait is not needed once the places are spoken for.
  for (const one of place === -1 ? waiting : waiting.slice(0, place)) {
    if (seen.uploading + seen.before >= most) break;
    if (!(await isOver(one))) seen.before++;
  }
  const has = uploading.some(({ run: id }) => id === run.id);
  return { kind: "room", has, waits: place !== -1, ...seen, ended };
}

/** Has the run wait, without a message, while as many runs upload on its cloud as its recipe allows. */
export function decideRoom(run: Run, seen: SeenRoom, nowMs: number): Decision<RoomAct> {
  const { cloud, maxParallel } = run.recipe;
  if (seen.has)
    return {
      kind: "note",
      text: `one of ${maxParallel} uploads on ${cloud}`,
      set: { hasRoom: true, deadlineAtMs: nowMs + run.recipe.deadlineMs },
    };
  const most = maxParallel ?? Infinity;
  if (seen.uploading + seen.before < most) {
    const act = { kind: "take-room" as const, ended: seen.ended };
    return { kind: "act", act, text: `there is room for an upload on ${cloud}` };
  }
  const text = `waiting for room: ${Math.min(seen.uploading, most)} of ${most} uploads on ${cloud}`;
  const set = { deadlineAtMs: run.startedAtMs + QUEUED_MS };
  // A worker can stop between the entry in the list and the run's deadline.
  if (seen.waits && run.deadlineAtMs !== set.deadlineAtMs) return { kind: "note", text, set };
  if (seen.waits) return { kind: "rest", untilMs: nowMs + ASK_AGAIN_MS, text };
  return { kind: "act", act: { kind: "await-room" }, text, set };
}

export async function performRoom(ctx: Ctx, run: Run, act: RoomAct): Promise<void> {
  const most = run.recipe.maxParallel ?? Infinity;
  await ctx.changeUploads(run.recipe, (uploads) =>
    act.kind === "await-room"
      ? awaitPlace(uploads, run)
      : takePlace(uploads, run, { most, ended: act.ended }),
  );
}

/** Gives the run's place up, and makes the runs due that may have it. Repeating does no harm. */
export async function leaveRoom(ctx: Ctx, { id, recipe }: Run): Promise<void> {
  if (recipe.maxParallel === null) return;
  const { uploading, waiting } = await ctx.changeUploads(recipe, (uploads) => leave(uploads, [id]));
  const free = Math.max(1, recipe.maxParallel - uploading.length);
  for (const { run } of waiting.slice(0, free))
    await ctx.store.mark(runKey(run), { sweepAtMs: ctx.now() });
}
