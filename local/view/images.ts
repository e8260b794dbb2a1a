import * as z from "zod/mini";
import { type Head, IMAGE_STATES, type LedgerImage } from "../../shared/image/head.ts";
import { beyondKeep, imageOf, sameSource } from "../../shared/image/ledger.ts";
import type { Run } from "../../shared/run/record.ts";
import { listSchema, time, timeOf, timeOrNull } from "./document.ts";

export const imageSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  state: z.enum(IMAGE_STATES),
  run: z.string(),
  cloud: z.string(),
  region_name: z.nullable(z.string()),
  /** In the image store; null: not known yet. A volume-backed server's image has 0, its content is in snapshots. */
  stored_bytes: z.nullable(z.int()),
  snapshots: z.array(z.string()),
  created_at: time,
  promoted_at: z.nullable(time),
  retired_at: z.nullable(time),
  next: z.strictObject({
    /**
     * `current`; `kept`: to go back to; `delete`: beyond what is kept, from `at` on unless something uses it;
     * `deleting`; `undecided`: its run goes on; `left_alone`: of a source that the recipe names no longer.
     */
    action: z.enum(["current", "kept", "delete", "deleting", "undecided", "left_alone"]),
    at: z.nullable(time),
    /** Place among the images that are kept, from 1, and how many are. */
    position: z.nullable(z.int()),
    keep: z.nullable(z.int()),
    reason: z.nullable(z.string()),
  }),
});
export type ImageView = z.infer<typeof imageSchema>;

export const imagesDocument = z.extend(listSchema, {
  recipe: z.string(),
  images: z.array(imageSchema),
});

/** Those that still exist, newest first. */
export function imagesOf(head: Head): LedgerImage[] {
  return head.images
    .filter((image) => image.state !== "gone")
    .toSorted((a, b) => b.candidateAtMs - a.candidateAtMs);
}

/** @param run that made the image: it has seen its size. */
export function viewImage(head: Head, image: LedgerImage, run: Run | null): ImageView {
  const seen = run?.candidate?.id === image.id ? run.candidate.sizeBytes : null;
  return {
    id: image.id,
    name: image.name,
    state: image.state,
    run: image.run,
    cloud: image.where.cloud,
    region_name: image.where.region,
    stored_bytes: image.sizeBytes ?? seen,
    snapshots: head.parts
      .filter((part) => part.imageId === image.id && part.state !== "gone")
      .map((part) => part.id),
    created_at: timeOf(image.candidateAtMs),
    promoted_at: timeOrNull(image.promotedAtMs),
    retired_at: timeOrNull(image.retiredAtMs),
    next: nextOf(head, image),
  };
}

const NOTHING = { at: null, position: null, keep: null, reason: null };

function nextOf(head: Head, image: LedgerImage): ImageView["next"] {
  switch (image.state) {
    case "candidate":
      return { ...NOTHING, action: "undecided" };
    case "current":
      return { ...NOTHING, action: "current", position: 1, keep: head.rules?.keep ?? null };
    case "doomed":
    case "gone":
      return { ...NOTHING, action: "deleting", reason: image.reason };
    case "retired":
      return nextOfRetired(head, image);
  }
}

function nextOfRetired(head: Head, image: LedgerImage): ImageView["next"] {
  const { rules } = head;
  if (rules === null || !sameSource(image.where, imageOf(head, head.current ?? "")?.where)) {
    return { ...NOTHING, action: "left_alone" };
  }
  const { keep, coolingOffMs } = rules;
  // All retired ones of this source, newest first: the current one is the first of those that are kept.
  const position = 2 + beyondKeep(head, 1).findIndex(({ id }) => id === image.id);
  if (position <= keep) return { ...NOTHING, action: "kept", position, keep };
  const at = timeOf((image.retiredAtMs ?? 0) + coolingOffMs);
  return { ...NOTHING, action: "delete", at, position, keep };
}
