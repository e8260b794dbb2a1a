import { judge404 } from "../image/absence.ts";
import { copyOf, type planCopies, type Way } from "../image/distribution.ts";
import type { Image } from "../cloud-ports.ts";
import type { ImageRecord } from "../image-imports.ts";
import type { Decision } from "../protocol/step.ts";
import { nextCheckSeconds } from "../run/next-check.ts";
import type { ImageCopy, Run } from "../run/record.ts";
import { candidateOf } from "./candidate.ts";

export interface SeenCopy {
  zone: string;
  /** Null: 404. */
  image: Image | null;
  /** Why the content did not come. Null: it did, or nobody says. */
  reason: string | null;
  /** What this process has sent of it so far. Null: it sends nothing. */
  sendingBytes: number | null;
  /** Of the image service that made the image, which `image` is of, too. Null: the zone is an image service. */
  store: string | null;
}

export type CopyAct =
  | { kind: "register"; zone: string; record: ImageRecord }
  | { kind: "fetch"; zone: string }
  | { kind: "stream"; zone: string; sizeBytes: number }
  | { kind: "store"; zone: string; store: string };

/** Of one zone. `wait`: the copy as it is to be recorded. */
export type Next =
  | { kind: "done" }
  | { kind: "wait"; seconds: number; text: string; copy: ImageCopy | null }
  | Extract<Decision<CopyAct>, { kind: "note" | "act" | "fail" }>;

/** How the zones get their copies. Asked only before a copy is announced. */
export type Plan = Awaited<ReturnType<typeof planCopies>>;

/** Tries for the content. The next one comes so long after a failed one was seen. */
const MAX_FETCHES = 3;
const AGAIN_AFTER_MS = 30_000;
/** Between two looks at content that this process sends, so that people see it go on. */
const SENDING_SECONDS = 30;

const DELETED = ["deleted", "pending_delete"];
const LOST = ["killed", "deactivated"];

/** Without content, and none is on its way there. */
export function isWaiting({ status, isImporting }: Image): boolean {
  return status === "queued" && !isImporting;
}

/** What is to be done for one zone. */
export function decideCopy(
  run: Run,
  { image: made, plan }: { image: Image; plan: Plan },
  { zone, image, reason, sendingBytes, store }: SeenCopy,
  nowMs: number,
): Next {
  const copy = run.copies.find((one) => one.zone === zone) ?? null;
  if (store !== null) return decideStore(run, { made, plan, zone, store, copy, reason }, nowMs);
  if (image === null || DELETED.includes(image.status))
    return decideMissing(run, { zone, copy, made, plan }, nowMs);
  if (image.status === "active") return { kind: "done" };
  if (LOST.includes(image.status)) return failed(`The copy in ${zone} is ${image.status}`, run);
  const isSending = sendingBytes !== null;
  if (isWaiting(image) && copy !== null && !isSending)
    return decideContent(run, copy, { made, reason, store }, nowMs);
  const gap = nextCheckSeconds({
    askedAtMs: copy?.registeredAtMs ?? run.stepSinceMs,
    nowMs,
    earlierSeconds: [],
    deadlineAtMs: run.deadlineAtMs,
  });
  const settled = { brokenSinceMs: null, missingSinceMs: null, sentBytes: sendingBytes };
  return {
    kind: "wait",
    seconds: isSending ? Math.min(gap, SENDING_SECONDS) : gap,
    text: isSending ? `${zone}: Regild sends the image` : `${zone}: ${image.status}`,
    copy: copy === null ? null : { ...copy, ...settled },
  };
}

/** Announces the copy, then registers it. One that is gone after that cannot be made again: its id is used up. */
function decideMissing(
  run: Run,
  {
    zone,
    copy,
    made,
    plan,
  }: Pick<SeenCopy, "zone"> & { plan: Plan } & { copy: ImageCopy | null; made: Image },
  nowMs: number,
): Next {
  if (copy === null) return announce(run, zone, plan);
  if (copy.registeredAtMs === null) {
    const record = copyOf(run, candidateOf(run), made);
    return {
      kind: "act",
      act: { kind: "register", zone, record },
      text: `registered in ${zone}`,
      set: { copies: withCopy(run.copies, { ...copy, registeredAtMs: nowMs }) },
    };
  }
  const since = { sinceMs: copy.missingSinceMs, createdAtMs: copy.registeredAtMs };
  const judgement = judge404(since, nowMs);
  if (judgement === "gone")
    return failed(`Somebody deleted the copy in ${zone} before it was complete`, run);
  const missingSinceMs = { new: null, first: nowMs, early: copy.missingSinceMs }[judgement];
  const text = `${zone}: not found`;
  return { kind: "wait", seconds: 10, text, copy: { ...copy, missingSinceMs } };
}

function announce(run: Run, zone: string, plan: Plan): Next {
  if ("problem" in plan) return { kind: "fail", ...plan.problem };
  const copy: ImageCopy = {
    zone,
    registeredAtMs: null,
    way: plan.ways.get(zone) ?? "fetch",
    fetches: 0,
    sentBytes: null,
    brokenSinceMs: null,
    missingSinceMs: null,
  };
  const copies = [...run.copies, copy];
  return { kind: "note", text: `is to be copied to ${zone}`, set: { copies } };
}

/** The record is that of the image itself. One import at a time: another store waits for its turn. */
function decideStore(
  run: Run,
  is: { plan: Plan } & Pick<SeenCopy, "zone" | "reason"> & {
      made: Image;
      store: string;
      copy: ImageCopy | null;
    },
  nowMs: number,
): Next {
  const { made, plan, zone, store, copy, reason } = is;
  if (made.stores.includes(store)) return { kind: "done" };
  if (copy === null) return announce(run, zone, plan);
  if (!made.isImporting) return decideContent(run, copy, { made, reason, store }, nowMs);
  const seconds = nextCheckSeconds({
    askedAtMs: run.stepSinceMs,
    nowMs,
    earlierSeconds: [],
    deadlineAtMs: run.deadlineAtMs,
  });
  return {
    kind: "wait",
    seconds,
    text: `${zone}: importing`,
    copy: { ...copy, brokenSinceMs: null },
  };
}

/** Also after a process has died: whatever it had sent, Glance has thrown away. */
function decideContent(
  run: Run,
  copy: ImageCopy,
  { made, reason, store }: { made: Image; reason: string | null; store: string | null },
  nowMs: number,
): Next {
  const { zone, way, fetches, brokenSinceMs } = copy;
  const why = reason === null ? "" : `: ${reason}`;
  if (fetches > 0 && (brokenSinceMs === null || nowMs < brokenSinceMs + AGAIN_AFTER_MS)) {
    const sinceMs = brokenSinceMs ?? nowMs;
    const seconds = Math.ceil((sinceMs + AGAIN_AFTER_MS - nowMs) / 1000);
    const text = `${zone}: ${WORDS[way].failed}${why}`;
    const broken = { ...copy, brokenSinceMs: sinceMs, sentBytes: null };
    return { kind: "wait", seconds, text, copy: broken };
  }
  if (fetches >= MAX_FETCHES)
    return failed(WORDS[way].inVain(zone, fetches) + why, run, WORDS[way].remedy);
  const { sizeBytes } = made;
  if (way === "stream" && sizeBytes === null)
    return failed(`The image service that made the image does not say how large it is`, run);
  return {
    kind: "act",
    act: actOf(copy, sizeBytes, store),
    text: WORDS[way].begins(zone),
    set: { copies: withCopy(run.copies, { ...copy, fetches: fetches + 1, brokenSinceMs: null }) },
    thenWaitSeconds: 2,
  };
}

function actOf({ way, zone }: ImageCopy, sizeBytes: number | null, store: string | null): CopyAct {
  if (way === "store" && store !== null) return { kind: "store", zone, store };
  return way === "stream" && sizeBytes !== null
    ? { kind: "stream", zone, sizeBytes }
    : { kind: "fetch", zone };
}

interface Words {
  begins: (zone: string) => string;
  failed: string;
  inVain: (zone: string, times: number) => string;
  remedy?: string;
}

const WORDS: Record<Way, Words> = {
  fetch: {
    begins: (zone) => `${zone} is to fetch it`,
    failed: "the fetch failed",
    inVain: (zone, times) => `The image service of zone ${zone} failed ${times} times to fetch it`,
    remedy:
      "Its log says why. Often its import_filtering_opts do not allow the address or the port of the other image service",
  },
  stream: {
    begins: (zone) => `Regild begins to send it to ${zone}`,
    failed: "the image did not arrive",
    inVain: (zone, times) => `Regild sent the image to zone ${zone} ${times} times in vain`,
  },
  store: {
    begins: (zone) => `is copied to ${zone}`,
    failed: "the copy failed",
    inVain: (zone, times) => `The image service failed ${times} times to copy it to zone ${zone}`,
    remedy: "Its log says why. The store may be full, or out of reach",
  },
};

function failed(message: string, { recipeName }: Run, why = "Its log says more"): Next {
  return {
    kind: "fail",
    code: "copy-failed",
    message,
    remedy: `Ask the operator of that image service. ${why}. Then regild refresh ${recipeName}`,
  };
}

export function withCopy(copies: ImageCopy[], copy: ImageCopy | null): ImageCopy[] {
  return copies.map((one) => (one.zone === copy?.zone ? copy : one));
}
