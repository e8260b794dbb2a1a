import * as z from "zod/mini";
import type { Store } from "../../shared/ports.ts";
import { load } from "../../shared/protocol/actor.ts";
import type { Run } from "../../shared/run/record.ts";
import { type SourceItem, sourceKey, sourceSchema } from "../../shared/source/item.ts";
import { byHand } from "../../shared/source/saved-disk.ts";
import { serversOf } from "../../shared/source/servers.ts";
import { time, timeOf } from "./document.ts";
import type { RunRecord } from "./run.ts";

/** A server that an ended run has switched off. Regild still tries to start it. */
export const leftOffSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  since: time,
  /** Why Regild cannot start it yet: its disk has to be put back first. Null: the cloud has not started it. */
  why: z.nullable(z.string()),
});
export type LeftOff = z.infer<typeof leftOffSchema>;

/** Runs that are read for one that has looked for its source. */
const MOST_RUNS = 20;

/**
 * The servers of a recipe that its runs have left switched off. A run that succeeded has started them: then nothing is
 * read.
 * @param runs of the recipe, the newest first. A run that failed early has not looked for its source, so the one before
 * counts.
 */
export async function serversLeftOff(
  store: Store,
  lastRun: RunRecord | null,
  runs: () => AsyncIterable<RunRecord>,
): Promise<LeftOff[]> {
  if (lastRun?.run.outcome !== "failed" && lastRun?.run.outcome !== "cancelled") return [];
  const run = lastRun.run.source === null ? await withSource(runs()) : lastRun.run;
  if (run === null) return [];
  const names = new Map(serversOf(run).map(({ id, name }) => [id, name]));
  const left: LeftOff[] = [];
  for (const id of run.source?.lockIds ?? []) {
    const source = (await load(store, sourceKey(id), sourceSchema))?.doc ?? null;
    if (source === null || !isLeftOff(source)) continue;
    left.push({
      id,
      name: names.get(id) ?? id,
      since: timeOf(source.wishedAtMs ?? run.stoppedAtMs ?? run.startedAtMs),
      why: source.savedDisk === null ? null : byHand(source.savedDisk, id),
    });
  }
  return left;
}

async function withSource(runs: AsyncIterable<RunRecord>): Promise<Run | null> {
  let read = 0;
  for await (const { run } of runs) {
    if (run.source !== null) return run;
    if (++read === MOST_RUNS) break;
  }
  return null;
}

function isLeftOff({ kind, owner, wishedPower }: SourceItem): boolean {
  return kind === "server" && owner === null && wishedPower !== null;
}
