import { cloudWords } from "../plain-text.ts";
import type { Head, ImageState, LateTry, LedgerImage, Part } from "./head.ts";

/**
 * The one table of what may become of an image. Every promote and delete is first a change here, in one
 * conditional write: whoever loses the race finds the image in a state that forbids what it was about to do.
 */
const MOVES: Record<ImageState, readonly ImageState[]> = {
  candidate: ["current", "doomed"],
  current: ["retired"],
  retired: ["current", "doomed"],
  doomed: ["gone"],
  gone: [],
};

export function imageOf(head: Head, imageId: string): LedgerImage | undefined {
  return head.images.find((image) => image.id === imageId);
}

export function mayMove(head: Head, imageId: string, to: ImageState): boolean {
  const image = imageOf(head, imageId);
  return image !== undefined && MOVES[image.state].includes(to);
}

/**
 * What a worker that was paused across the end of its run wrote down after it: with no run at work, nothing can be a
 * candidate, nor a part of a capture, nor of an image that is gone. Null: there is none.
 */
export function doomStrays(head: Head, nowMs: number): Head | null {
  if (head.activeRun !== null) return null;
  const isStray = (p: Part) =>
    p.state === "kept" && (p.imageId === null || imageOf(head, p.imageId)?.state === "gone");
  const candidates = head.images.filter((i) => i.state === "candidate");
  if (candidates.length === 0 && !head.parts.some(isStray)) return null;
  const parts = head.parts.map((p): Part => (isStray(p) ? { ...p, state: "doomed" } : p));
  return candidates.reduce<Head>(
    (now, { id }) => doom(now, id, "written down after its run had ended", nowMs) ?? now,
    { ...head, parts },
  );
}

/** As an image is written down first: what a run has made, and may still be promoted. */
export function newCandidate(
  made: Pick<LedgerImage, "id" | "name" | "run" | "tryId" | "where" | "sizeBytes">,
  nowMs: number,
): LedgerImage {
  return {
    ...made,
    state: "candidate",
    candidateAtMs: nowMs,
    promotedAtMs: null,
    retiredAtMs: null,
    doomedAtMs: null,
    goneAtMs: null,
    deletedAtMs: null,
    missingSinceMs: null,
    refusedAtMs: null,
    reason: null,
    kept: null,
    replaces: null,
  };
}

/** Writes down an image that a run of this recipe made. An image that is known already is left as it is. */
export function register(head: Head, image: LedgerImage): Head | null {
  if (imageOf(head, image.id) !== undefined) return null;
  return { ...head, images: [...head.images, image] };
}

/** Null: known already, or nothing new. */
export function addParts(head: Head, parts: Part[]): Head | null {
  const fresh = parts.filter((p) => !head.parts.some((q) => q.kind === p.kind && q.id === p.id));
  return fresh.length === 0 ? null : { ...head, parts: [...head.parts, ...fresh] };
}

/**
 * The pivot: the candidate becomes current and the current one retired, in one write.
 * Null when the candidate may not (any more): it was doomed, or promoted before.
 */
export function promote(
  head: Head,
  imageId: string,
  nowMs: number,
  with_: { rules: Head["rules"]; uploadSeconds: number | null },
): Head | null {
  if (!mayMove(head, imageId, "current")) return null;
  const replaced = head.current;
  const images = head.images.map((image): LedgerImage => {
    if (image.id === imageId) {
      return {
        ...image,
        state: "current",
        promotedAtMs: nowMs,
        retiredAtMs: null,
        replaces: replaced,
      };
    }
    return image.id === replaced ? { ...image, state: "retired", retiredAtMs: nowMs } : image;
  });
  // Two workers whose clocks differ can measure less than nothing: such an upload teaches nothing.
  const { uploadSeconds } = with_;
  const isMeasured = uploadSeconds !== null && uploadSeconds >= 0;
  const uploads = [...head.uploadSeconds, ...(isMeasured ? [uploadSeconds] : [])];
  return {
    ...head,
    images,
    current: imageId,
    rules: with_.rules,
    projectAtMs: nowMs,
    uploadSeconds: uploads.slice(-10),
  };
}

/** Null when the image may not be doomed: it is current, or doomed or gone already. */
export function doom(head: Head, imageId: string, reason: string, nowMs: number): Head | null {
  if (!mayMove(head, imageId, "doomed")) return null;
  return change(head, imageId, { state: "doomed", doomedAtMs: nowMs, reason, kept: null });
}

/** A delete that the cloud refused is tried again after so long. */
const REFUSED_RETRY_MS = 3_600_000;

export function isPutOff({ refusedAtMs }: LedgerImage | Part, nowMs: number): boolean {
  return refusedAtMs !== null && nowMs < refusedAtMs + REFUSED_RETRY_MS;
}

export function noteRefused(head: Head, id: string, nowMs: number): Head {
  const noted = <T extends LedgerImage | Part>(entry: T): T =>
    entry.id === id ? { ...entry, refusedAtMs: nowMs } : entry;
  return { ...head, images: head.images.map(noted), parts: head.parts.map(noted) };
}

/** Writes down why some of these doomed parts were not deleted, and forgets it of the others. Null: nothing new. */
export function noteKept(
  head: Head,
  doomed: Part[],
  kept: Array<{ id: string; why: string }>,
): Head | null {
  const asked = new Set(doomed.map(({ id }) => id));
  const reasons = new Map(kept.map(({ id, why }) => [id, cloudWords(why, MAX_REASON)]));
  const whyOf = (p: Part) => (asked.has(p.id) ? (reasons.get(p.id) ?? null) : p.why);
  if (head.parts.every((p) => p.why === whyOf(p))) return null;
  return { ...head, parts: head.parts.map((p) => ({ ...p, why: whyOf(p) })) };
}

/** Of each of some hundred parts in one record. */
const MAX_REASON = 400;

/** 404 must be seen twice so far apart before it is believed of an image that nobody here has deleted. */
export const GONE_AFTER_MS = 30_000;
/** And no further: what was seen of it in between may not have been written down. */
const GONE_WITHIN_MS = 180_000;

/**
 * What a 404 says, with the first one before it: it is the first, too early to believe, or the proof. Of what is new it
 * says nothing, not even as the first of two: that may not be shown yet.
 */
export function judge404(
  { sinceMs, madeAtMs }: { sinceMs: number | null; madeAtMs: number },
  nowMs: number,
): "new" | "first" | "early" | "gone" {
  if (nowMs - madeAtMs < GONE_AFTER_MS) return "new";
  if (sinceMs === null || nowMs - sinceMs > GONE_WITHIN_MS) return "first";
  return nowMs - sinceMs < GONE_AFTER_MS ? "early" : "gone";
}

/** @param sinceMs null: it was seen again. */
export function noteMissing(head: Head, imageId: string, sinceMs: number | null): Head {
  return change(head, imageId, { missingSinceMs: sinceMs });
}

export function noteDeleted(head: Head, imageId: string, nowMs: number): Head {
  return change(head, imageId, { deletedAtMs: nowMs });
}

/** The image is 404: its snapshots are of use to nobody of ours any more. */
export function markGone(head: Head, imageId: string, nowMs: number): Head | null {
  if (!mayMove(head, imageId, "gone")) return null;
  const gone = change(head, imageId, { state: "gone", goneAtMs: nowMs });
  const parts = gone.parts.map((p): Part =>
    p.imageId === imageId && p.state === "kept" ? { ...p, state: "doomed" } : p,
  );
  return { ...forgetOldest(gone), parts };
}

/** The temporary parts of a run's capture are used no longer. */
export function doomTemporaryParts(head: Head, runId: string): Head | null {
  const wanted = (p: Part) => p.run === runId && p.imageId === null && p.state === "kept";
  if (!head.parts.some(wanted)) return null;
  return {
    ...head,
    parts: head.parts.map((p): Part => (wanted(p) ? { ...p, state: "doomed" } : p)),
  };
}

export function partGone(head: Head, kind: Part["kind"], id: string): Head | null {
  if (!head.parts.some((p) => p.kind === kind && p.id === id && p.state === "doomed")) return null;
  const parts = head.parts.map((p): Part =>
    p.kind === kind && p.id === id ? { ...p, state: "gone" } : p,
  );
  return head.activeRun === null ? forgetGoneParts({ ...head, parts }) : { ...head, parts };
}

export function forgetGoneParts(head: Head): Head {
  return { ...head, parts: head.parts.filter((p) => p.state !== "gone") };
}

/** Whatever of these tries shows up by `untilMs` is doomed. */
export function awaitLateTries(head: Head, tries: LateTry[]): Head | null {
  const fresh = tries.filter((t) => !head.lateTries.some((known) => known.tryId === t.tryId));
  return fresh.length === 0 ? null : { ...head, lateTries: [...head.lateTries, ...fresh] };
}

/** The clouds have been shown the pointer: until then an image they still show as current must not go. */
export function isShown(head: Head): boolean {
  return head.shown === head.current;
}

/**
 * When a head wants its next look; null: it has nothing to do. A run that works on the recipe deletes, and shows the
 * pointer, by itself.
 */
export function headDueAtMs(head: Head): number | null {
  const idle = head.activeRun === null;
  const rules = idle ? head.rules : null;
  const overdue =
    idle &&
    (head.images.some((i) => i.state === "doomed") ||
      head.parts.some((p) => p.state === "doomed") ||
      doomStrays(head, 0) !== null);
  const retryAtMs = head.retryAtMs ?? 0;
  const times = [
    ...(head.checkRunAtMs === null ? [] : [head.checkRunAtMs]),
    ...(head.projectAtMs === null || !idle ? [] : [head.projectAtMs]),
    ...(overdue ? [retryAtMs] : []),
    ...head.lateTries.map((t) => t.nextLookAtMs),
    ...(rules === null
      ? []
      : beyondKeep(head, rules.keep).map((i) =>
          Math.max(retryAtMs, (i.retiredAtMs ?? 0) + rules.coolingOffMs),
        )),
  ];
  return times.length === 0 ? null : Math.min(...times);
}

/** Retired images, newest first, that are more than the recipe keeps, going by the ledger alone. */
export function beyondKeep(head: Head, keep: number): LedgerImage[] {
  const currentWhere = imageOf(head, head.current ?? "")?.where;
  return head.images
    .filter((i) => i.state === "retired" && sameSource(i.where, currentWhere))
    .toSorted((a, b) => (b.promotedAtMs ?? 0) - (a.promotedAtMs ?? 0))
    .slice(Math.max(0, keep - 1));
}

/** A recipe that was pointed elsewhere leaves the images of its earlier source alone. */
export function sameSource(a: LedgerImage["where"], b: LedgerImage["where"] | undefined): boolean {
  return (
    b !== undefined &&
    a.cloud === b.cloud &&
    a.region === b.region &&
    a.projectId === b.projectId &&
    a.sourceId === b.sourceId
  );
}

const REMEMBERED = 200;

/** The ledger stays far below the size of a record: images gone for longest are dropped first. */
function forgetOldest(head: Head): Head {
  const surplus = head.images.length - REMEMBERED;
  if (surplus <= 0) return head;
  const gone = head.images.filter((i) => i.state === "gone").slice(0, surplus);
  return { ...head, images: head.images.filter((i) => !gone.includes(i)) };
}

function change(head: Head, imageId: string, to: Partial<LedgerImage>): Head {
  return {
    ...head,
    images: head.images.map((image) => (image.id === imageId ? { ...image, ...to } : image)),
  };
}
