import * as z from "zod/mini";
import type { Key } from "../ports.ts";
import type { CloudRef } from "../cloud-ports.ts";
import { storedRecord } from "../stored-record.ts";
import type { Run } from "./record.ts";

const entry = z.strictObject({ run: z.string(), startedAtMs: z.int() });

/** The runs of recipes with max_parallel on one cloud and region: those that make an image, and those that wait. */
export const uploadsSchema = storedRecord(
  z.strictObject({
    schema: z.literal(2),
    cloud: z.string(),
    uploading: z.array(entry),
    /** In the order of their starts. */
    waiting: z.array(entry),
  }),
);
export type Uploads = z.infer<typeof uploadsSchema>;

export function uploadsKey({ cloud, region }: CloudRef): Key {
  return { pk: `U#${cloud} ${region ?? ""}`, sk: "uploads" };
}

export function noUploads(cloud: string): Uploads {
  return { schema: 2, cloud, uploading: [], waiting: [] };
}

/** True while the run waits until fewer runs upload on its cloud. Nothing is stopped or locked yet. */
export function isWaitingForRoom({
  recipe,
  source,
  hasRoom,
  locked,
  outcome,
  failure,
}: Run): boolean {
  const isBefore = source !== null && !hasRoom && !locked;
  return recipe.maxParallel !== null && isBefore && outcome === null && failure === null;
}

type Known = Pick<Run, "id" | "startedAtMs">;

/** Takes a place for the run. Null: there is none, or another run is before it. */
export function takePlace(
  uploads: Uploads,
  run: Known,
  { most, ended }: { most: number; ended: readonly string[] },
): Uploads | null {
  const { uploading, waiting } = withoutRuns(uploads, ended);
  if (uploading.some(({ run: id }) => id === run.id)) return null;
  const place = waiting.findIndex(({ run: id }) => id === run.id);
  const before = place === -1 ? waiting.length : place;
  if (uploading.length + before >= most) return null;
  return {
    ...uploads,
    uploading: [...uploading, entryOf(run)],
    waiting: waiting.filter(({ run: id }) => id !== run.id),
  };
}

/** Null: it waits already. */
export function awaitPlace(uploads: Uploads, run: Known): Uploads | null {
  if (uploads.waiting.some(({ run: id }) => id === run.id)) return null;
  const waiting = [...uploads.waiting, entryOf(run)].toSorted(
    (a, b) => a.startedAtMs - b.startedAtMs || a.run.localeCompare(b.run),
  );
  return { ...uploads, waiting };
}

/** Null: none of them is there. */
export function leave(uploads: Uploads, runs: readonly string[]): Uploads | null {
  const left = withoutRuns(uploads, runs);
  const isSame =
    left.uploading.length === uploads.uploading.length &&
    left.waiting.length === uploads.waiting.length;
  return isSame ? null : left;
}

function withoutRuns(uploads: Uploads, runs: readonly string[]): Uploads {
  const isLeft = ({ run }: Uploads["waiting"][number]) => !runs.includes(run);
  return {
    ...uploads,
    uploading: uploads.uploading.filter(isLeft),
    waiting: uploads.waiting.filter(isLeft),
  };
}

function entryOf({ id, startedAtMs }: Known): Uploads["waiting"][number] {
  return { run: id, startedAtMs };
}
