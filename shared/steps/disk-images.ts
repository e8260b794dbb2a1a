import type { Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { GONE_AFTER_MS, judge404 } from "../image/absence.ts";
import type { ReadImage } from "../image/read-image.ts";
import { judge, type Verdict } from "../image/verdict.ts";
import type { Decision } from "../protocol/step.ts";
import type { DiskImage, Run } from "../run/record.ts";
import { candidateOf } from "./candidate.ts";
import { sourceOf } from "./creations.ts";

/** The images of further data disks as a step sees them, by id. Null: 404. */
export type SeenDiskImages = ReadonlyMap<string, Image | null>;

export async function seeDiskImages(run: Run, read: ReadImage): Promise<SeenDiskImages> {
  const seen = new Map<string, Image | null>();
  for (const { id } of run.diskImages) seen.set(id, await read(id));
  return seen;
}

/** Reads an image once for all that is decided in one look. */
export function readWithin({ cloud }: Ctx, ms: number): ReadImage {
  return (id) => cloud.images.recentImage(id, ms);
}

const GONE = ["deleted", "pending_delete"];
const ON_ITS_WAY = ["queued", "saving", "uploading", "importing"];

/**
 * Every image of a set has to be complete before any of them becomes current.
 * @returns null: each is active and has content.
 */
export function decideDiskImages(
  run: Run,
  seen: SeenDiskImages,
  nowMs: number,
): Decision<never> | null {
  for (const one of run.diskImages) {
    const decision = decideDiskImage(run, one, seen.get(one.id) ?? null, nowMs);
    if (decision !== null) return decision;
  }
  return null;
}

function decideDiskImage(
  run: Run,
  one: DiskImage,
  image: Image | null,
  nowMs: number,
): Decision<never> | null {
  const told = `Image ${one.id} of disk ${one.device}`;
  if (image === null || GONE.includes(image.status)) {
    const { askedAtMs } = candidateOf(run);
    const judgement = judge404({ sinceMs: one.missingSinceMs, createdAtMs: askedAtMs }, nowMs);
    if (judgement === "gone") return lost(run, `${told} was deleted`);
    const sinceMs = { new: null, first: nowMs, early: one.missingSinceMs }[judgement];
    return {
      kind: "wait",
      seconds: Math.ceil(((sinceMs ?? nowMs) + GONE_AFTER_MS - nowMs) / 1000),
      text: `image of disk ${one.device} not found`,
      set: {
        diskImages: run.diskImages.map((each) =>
          each.id === one.id ? { ...each, missingSinceMs: sinceMs } : each,
        ),
      },
    };
  }
  if (ON_ITS_WAY.includes(image.status)) {
    const seconds = Math.max(3, Math.min(300, Math.round((nowMs - run.stepSinceMs) / 3000)));
    return { kind: "wait", seconds, text: `image of disk ${one.device} ${image.status}` };
  }
  if (image.status !== "active") return lost(run, `${told} is ${image.status}`);
  return (image.sizeBytes ?? 0) === 0 ? lost(run, `${told} is active and empty`) : null;
}

function lost({ recipeName }: Run, message: string): Decision<never> {
  return {
    kind: "fail",
    code: "image-vanished",
    message: `${message}, so the images of this run do not become current`,
    remedy: `Find out who deleted or changed it, then: regild refresh ${recipeName}`,
  };
}

/** Of those that are there. */
export function diskImageVerdicts(run: Run, seen: SeenDiskImages): Verdict[] {
  const { inherited } = sourceOf(run);
  return run.diskImages.flatMap(({ id, device }) => {
    const image = seen.get(id) ?? null;
    return image === null ? [] : [{ zone: `disk ${device}`, ...judge(image, null, inherited) }];
  });
}
