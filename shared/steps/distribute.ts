import { judge404 } from "../image/absence.ts";
import {
  copyOf,
  copyServices,
  noContent,
  planCopies,
  regionOf,
  type Way,
} from "../image/distribution.ts";
import type { Image, ImageService } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import type { ImageRecord } from "../image-imports.ts";
import { type Decision, step } from "../protocol/step.ts";
import { nextCheckSeconds } from "../run/next-check.ts";
import type { ImageCopy, Run } from "../run/record.ts";
import { candidateOf, waitForSecond404 } from "./candidate.ts";

interface Seen {
  /** In the image service that made it. Null: 404. */
  image: Image | null;
  copies: SeenCopy[];
  /** Asked only before a copy is announced. */
  plan: Awaited<ReturnType<typeof planCopies>>;
}

interface SeenCopy {
  zone: string;
  /** Null: 404. */
  image: Image | null;
  /** Why the content did not come. Null: it did, or nobody says. */
  reason: string | null;
  /** What this process has sent of it so far. Null: it sends nothing. */
  sendingBytes: number | null;
}

type Act =
  | { kind: "register"; zone: string; record: ImageRecord }
  | { kind: "fetch"; zone: string }
  | { kind: "stream"; zone: string; sizeBytes: number };

/** Of one zone. `wait`: the copy as it is to be recorded. */
type Next =
  | { kind: "done" }
  | { kind: "wait"; seconds: number; text: string; copy: ImageCopy | null }
  | Extract<Decision<Act>, { kind: "note" | "act" | "fail" }>;

/** Tries for the content. The next one comes so long after a failed one was seen. */
const MAX_FETCHES = 3;
const AGAIN_AFTER_MS = 30_000;
/** Between two looks at content that this process sends, so that people see it go on. */
const SENDING_SECONDS = 30;

const DELETED = ["deleted", "pending_delete"];
const LOST = ["killed", "deactivated"];

/**
 * Has the image services of other zones fetch the image, or sends it there, under its own id. An id is taken once, so
 * neither a lost answer nor a doubled message makes a second copy. Content is sent by the process, not by the step, which
 * only looks. `validate-sync` compares the copies with the image afterwards.
 */
export const distribute = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const { id } = candidateOf(run);
  const image = await ctx.cloud.images.image(id);
  const copies: SeenCopy[] = [];
  const nothing = { ways: new Map<string, Way>() };
  if (image?.status !== "active") return { image, copies, plan: nothing };
  for (const { name: zone, images, imports } of await copyServices(ctx, run.recipe)) {
    // Taken before the copy is read: if it ends in between, the copy is seen once more.
    const transfer = ctx.transfers?.of(run.id, zone) ?? null;
    const sendingBytes = transfer?.failure === null ? transfer.sentBytes : null;
    const copy = await images.image(id);
    const asked = run.copies.find((one) => one.zone === zone && one.fetches > 0);
    const isBroken = asked !== undefined && copy !== null && isWaiting(copy);
    const ofFetch = isBroken && asked.way === "fetch" ? await imports.failureOf(id) : null;
    copies.push({ zone, image: copy, reason: transfer?.failure ?? ofFetch, sendingBytes });
  }
  const isFirst = copies.some(({ zone }) => !run.copies.some((one) => one.zone === zone));
  const plan = isFirst ? await planCopies(ctx, run.recipe, run.source) : nothing;
  return { image, copies, plan };
}

/** Without content, and none is on its way there. */
function isWaiting({ status, isImporting }: Image): boolean {
  return status === "queued" && !isImporting;
}

export function decide(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  const { image } = seen;
  const candidate = candidateOf(run);
  const unsure = image === null ? waitForSecond404(run, nowMs) : null;
  if (unsure !== null) return unsure;
  if (image?.status !== "active") {
    return {
      kind: "fail",
      code: "image-vanished",
      message: `Image ${candidate.id} was active and is ${image?.status ?? "gone"}`,
      remedy: "Find out who deleted or deactivated it, then refresh again",
    };
  }
  if (image.snapshotIds.length > 0 || image.sizeBytes === 0)
    return { kind: "fail", ...noContent(run.recipe, `Image ${candidate.id}`) };
  const nexts = seen.copies.map((copy) => decideCopy(run, { ...seen, image }, copy, nowMs));
  const isFail = nexts.find((next) => next.kind === "fail");
  const isNow = nexts.find((next) => next.kind === "note" || next.kind === "act");
  if (isFail !== undefined) return isFail;
  if (isNow !== undefined) return isNow;
  const waits = nexts.filter((next) => next.kind === "wait");
  const known = { ...candidate, missingSinceMs: null };
  if (waits.length === 0) {
    const zones = seen.copies.map(({ zone }) => zone).join(", ");
    const text = zones === "" ? "nothing to copy" : `copied to ${zones}`;
    return { kind: "advance", to: "validate-sync", text, set: { candidate: known } };
  }
  const copies = waits.reduce((all, { copy }) => withCopy(all, copy), run.copies);
  return {
    kind: "wait",
    seconds: Math.min(...waits.map(({ seconds }) => seconds)),
    text: waits.map(({ text }) => text).join("; "),
    set: { candidate: known, copies },
  };
}

function decideCopy(
  run: Run,
  { image: made, plan }: Seen & { image: Image },
  { zone, image, reason, sendingBytes }: SeenCopy,
  nowMs: number,
): Next {
  const copy = run.copies.find((one) => one.zone === zone) ?? null;
  if (image === null || DELETED.includes(image.status))
    return decideMissing(run, { zone, copy, made, plan }, nowMs);
  if (image.status === "active") return { kind: "done" };
  if (LOST.includes(image.status)) return failed(`The copy in ${zone} is ${image.status}`, run);
  const isSending = sendingBytes !== null;
  if (isWaiting(image) && copy !== null && !isSending)
    return decideContent(run, copy, { made, reason }, nowMs);
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
  }: Pick<SeenCopy, "zone"> & Pick<Seen, "plan"> & { copy: ImageCopy | null; made: Image },
  nowMs: number,
): Next {
  if (copy === null) {
    if ("problem" in plan) return { kind: "fail", ...plan.problem };
    const announced = {
      registeredAtMs: null,
      way: plan.ways.get(zone) ?? "fetch",
      fetches: 0,
      sentBytes: null,
      brokenSinceMs: null,
      missingSinceMs: null,
    };
    const copies = [...run.copies, { zone, ...announced }];
    return { kind: "note", text: `is to be copied to ${zone}`, set: { copies } };
  }
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

/** Also after a process has died: whatever it had sent, Glance has thrown away. */
function decideContent(
  run: Run,
  copy: ImageCopy,
  { made, reason }: { made: Image; reason: string | null },
  nowMs: number,
): Next {
  const { zone, way, fetches, brokenSinceMs } = copy;
  const why = reason === null ? "" : `: ${reason}`;
  if (fetches > 0 && (brokenSinceMs === null || nowMs < brokenSinceMs + AGAIN_AFTER_MS)) {
    const sinceMs = brokenSinceMs ?? nowMs;
    const seconds = Math.ceil((sinceMs + AGAIN_AFTER_MS - nowMs) / 1000);
    const text = `${zone}: ${way === "fetch" ? "the fetch failed" : "the image did not arrive"}${why}`;
    const broken = { ...copy, brokenSinceMs: sinceMs, sentBytes: null };
    return { kind: "wait", seconds, text, copy: broken };
  }
  if (fetches >= MAX_FETCHES)
    return way === "fetch"
      ? failed(
          `The image service of zone ${zone} failed ${fetches} times to fetch it${why}`,
          run,
          "Its log says why. Often its import_filtering_opts do not allow the address or the port of the other image service",
        )
      : failed(`Regild sent the image to zone ${zone} ${fetches} times in vain${why}`, run);
  const { sizeBytes } = made;
  if (way === "stream" && sizeBytes === null)
    return failed(`The image service that made the image does not say how large it is`, run);
  const copies = withCopy(run.copies, { ...copy, fetches: fetches + 1, brokenSinceMs: null });
  return {
    kind: "act",
    act:
      way === "fetch" || sizeBytes === null
        ? { kind: "fetch", zone }
        : { kind: "stream", zone, sizeBytes },
    text: way === "fetch" ? `${zone} is to fetch it` : `Regild begins to send it to ${zone}`,
    set: { copies },
    thenWaitSeconds: 2,
  };
}

function failed(message: string, { recipeName }: Run, why = "Its log says more"): Next {
  return {
    kind: "fail",
    code: "copy-failed",
    message,
    remedy: `Ask the operator of that image service. ${why}. Then regild refresh ${recipeName}`,
  };
}

function withCopy(copies: ImageCopy[], copy: ImageCopy | null): ImageCopy[] {
  return copies.map((one) => (one.zone === copy?.zone ? copy : one));
}

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  const services = await copyServices(ctx, run.recipe);
  const service = services.find(({ name }) => name === act.zone);
  if (service === undefined) return;
  if (act.kind === "register") {
    await service.imports.register(act.record);
    return;
  }
  if (act.kind === "stream") return beginToSend(ctx, run, act, service);
  const region = await regionOf(ctx);
  if (region !== null) await service.imports.fetch(candidateOf(run).id, region);
}

/** Returns when the content begins to come. If the image service has it meanwhile, it refuses this one. */
async function beginToSend(
  ctx: Ctx,
  run: Run,
  { zone, sizeBytes }: Extract<Act, { kind: "stream" }>,
  to: ImageService,
): Promise<void> {
  const { transfers } = ctx;
  const [from] = await ctx.cloud.everyImageService();
  if (transfers === undefined || transfers.isUnderWay(run.id, zone)) return;
  if (from?.content == null || to.content === null) return;
  const { id } = candidateOf(run);
  const send = await to.content.sender(id, sizeBytes);
  const content = await from.content.open(id);
  // A doubled message may have begun while this one asked.
  if (transfers.isUnderWay(run.id, zone)) return content.close();
  transfers.begin(run.id, zone, (watch) => send(content, watch));
}
