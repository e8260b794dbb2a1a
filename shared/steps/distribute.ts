import { judge404 } from "../image/absence.ts";
import {
  copyOf,
  copyServices,
  distributionProblem,
  noContent,
  regionOf,
} from "../image/distribution.ts";
import type { Image } from "../cloud-ports.ts";
import type { Ctx, Problem } from "../context.ts";
import type { ImageRecord } from "../image-imports.ts";
import { type Decision, step } from "../protocol/step.ts";
import { nextCheckSeconds } from "../run/next-check.ts";
import type { ImageCopy, Run } from "../run/record.ts";
import { candidateOf, waitForSecond404 } from "./candidate.ts";

interface Seen {
  /** In the image service that made it. Null: 404. */
  image: Image | null;
  copies: SeenCopy[];
  /** Why nothing can be copied. Asked only before the first copy is announced. */
  problem: Problem | null;
}

interface SeenCopy {
  zone: string;
  /** Null: 404. */
  image: Image | null;
  /** Why the last fetch failed. Null: it did not, or the image service does not say. */
  reason: string | null;
}

type Act =
  | { kind: "register"; zone: string; record: ImageRecord }
  | { kind: "fetch"; zone: string };

/** Of one zone. `wait`: the copy as it is to be recorded. */
type Next =
  | { kind: "done" }
  | { kind: "wait"; seconds: number; text: string; copy: ImageCopy | null }
  | Extract<Decision<Act>, { kind: "note" | "act" | "fail" }>;

/** Requests to fetch the content. The next one comes so long after a failed fetch was seen. */
const MAX_FETCHES = 3;
const AGAIN_AFTER_MS = 30_000;

const DELETED = ["deleted", "pending_delete"];
const LOST = ["killed", "deactivated"];

/**
 * Has the image services of other regions fetch the image, under its own id. An id is taken once, so neither a lost answer
 * nor a doubled message makes a second copy. `validate-sync` compares the copies with the image afterwards.
 */
export const distribute = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const { id } = candidateOf(run);
  const image = await ctx.cloud.images.image(id);
  const copies: SeenCopy[] = [];
  if (image?.status !== "active") return { image, copies, problem: null };
  for (const { name: zone, images, imports } of await copyServices(ctx, run.recipe)) {
    const copy = await images.image(id);
    const wasAsked = run.copies.some((one) => one.zone === zone && one.fetches > 0);
    const isBroken = wasAsked && copy !== null && isWaiting(copy);
    copies.push({ zone, image: copy, reason: isBroken ? await imports.failureOf(id) : null });
  }
  const isFirst = copies.some(({ zone }) => !run.copies.some((one) => one.zone === zone));
  return {
    image,
    copies,
    problem: isFirst ? await distributionProblem(ctx, run.recipe, run.source) : null,
  };
}

/** Without content, and no fetch is under way. */
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
  { image: made, problem }: Seen & { image: Image },
  { zone, image, reason }: SeenCopy,
  nowMs: number,
): Next {
  const copy = run.copies.find((one) => one.zone === zone) ?? null;
  if (image === null || DELETED.includes(image.status))
    return decideMissing(run, { zone, copy, made, problem }, nowMs);
  if (image.status === "active") return { kind: "done" };
  if (LOST.includes(image.status)) return failed(`The copy in ${zone} is ${image.status}`, run);
  if (isWaiting(image) && copy !== null) return decideFetch(run, copy, reason, nowMs);
  const seconds = nextCheckSeconds({
    askedAtMs: copy?.registeredAtMs ?? run.stepSinceMs,
    nowMs,
    earlierSeconds: [],
    deadlineAtMs: run.deadlineAtMs,
  });
  const well = copy === null ? null : { ...copy, brokenSinceMs: null, missingSinceMs: null };
  return { kind: "wait", seconds, text: `${zone}: ${image.status}`, copy: well };
}

/** Announces the copy, then registers it. One that is gone after that cannot be made again: its id is used up. */
function decideMissing(
  run: Run,
  {
    zone,
    copy,
    made,
    problem,
  }: Pick<SeenCopy, "zone"> & {
    copy: ImageCopy | null;
    made: Image;
    problem: Problem | null;
  },
  nowMs: number,
): Next {
  if (copy === null) {
    if (problem !== null) return { kind: "fail", ...problem };
    const announced = {
      registeredAtMs: null,
      fetches: 0,
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

function decideFetch(run: Run, copy: ImageCopy, reason: string | null, nowMs: number): Next {
  const { zone, fetches, brokenSinceMs } = copy;
  const why = reason === null ? "" : `: ${reason}`;
  if (fetches > 0 && (brokenSinceMs === null || nowMs < brokenSinceMs + AGAIN_AFTER_MS)) {
    const sinceMs = brokenSinceMs ?? nowMs;
    const seconds = Math.ceil((sinceMs + AGAIN_AFTER_MS - nowMs) / 1000);
    const text = `${zone}: the fetch failed${why}`;
    return { kind: "wait", seconds, text, copy: { ...copy, brokenSinceMs: sinceMs } };
  }
  if (fetches >= MAX_FETCHES)
    return failed(
      `The image service of zone ${zone} failed ${fetches} times to fetch it${why}`,
      run,
      "Its log says why. Often its import_filtering_opts do not allow the address or the port of the other image service",
    );
  return {
    kind: "act",
    act: { kind: "fetch", zone },
    text: `${zone} is to fetch it`,
    set: { copies: withCopy(run.copies, { ...copy, fetches: fetches + 1, brokenSinceMs: null }) },
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
  const region = await regionOf(ctx);
  if (region !== null) await service.imports.fetch(candidateOf(run).id, region);
}
