import { copyServices, noContent, planCopies, regionOf, type Way } from "../image/distribution.ts";
import type { Image, ImageService } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { type Decision, step } from "../protocol/step.ts";
import { withImages } from "../run/created-by-run.ts";
import type { Run } from "../run/record.ts";
import { candidateOf, waitForSecond404 } from "./candidate.ts";
import {
  decideRegionCopy,
  type NoteCopy,
  seeRegionCopies,
  type SeenRegionCopy,
  withRegionCopy,
} from "./copy-to-region.ts";
import {
  type CopyAct,
  decideCopy,
  isWaiting,
  type Plan,
  type SeenCopy,
  withCopy,
} from "./decide-copy.ts";

interface Seen {
  /** In the image service that made it. Null: 404. */
  image: Image | null;
  copies: SeenCopy[];
  regionCopies: SeenRegionCopy[];
  plan: Plan;
}

/**
 * Has the image services of other zones fetch the image, or sends it there, under its own id. Has it copied to further
 * stores, and by IMS to other regions. An id is taken once, so neither a lost answer nor a doubled message makes a second
 * copy. A copy by IMS, which has another id, is announced as a create is. Content is sent by the process, not by the step,
 * which only looks. `validate-sync` compares the copies with the image afterwards.
 */
export const distribute = step<Seen, Act>({ observe, decide, perform });

type Act = CopyAct | NoteCopy;

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const { id } = candidateOf(run);
  const image = await ctx.cloud.images.image(id);
  const copies: SeenCopy[] = [];
  const nothing = { ways: new Map<string, Way>() };
  if (image?.status !== "active") return { image, copies, regionCopies: [], plan: nothing };
  for (const { name: zone, images, imports } of await copyServices(ctx, run.recipe)) {
    // Taken before the copy is read: if it ends in between, the copy is seen once more.
    const transfer = ctx.transfers?.of(run.id, zone) ?? null;
    const sendingBytes = transfer?.failure === null ? transfer.sentBytes : null;
    const copy = await images.image(id);
    const asked = run.copies.find((one) => one.zone === zone && one.fetches > 0);
    const isBroken = asked !== undefined && copy !== null && isWaiting(copy);
    const ofFetch = isBroken && asked.way === "fetch" ? await imports.failureOf(id) : null;
    const reason = transfer?.failure ?? ofFetch;
    copies.push({ zone, image: copy, reason, sendingBytes, store: null });
  }
  copies.push(...(await seeStores(ctx, run, image)));
  const isFirst = copies.some(({ zone }) => !run.copies.some((one) => one.zone === zone));
  const plan = isFirst ? await planCopies(ctx, run.recipe, run.source) : nothing;
  return { image, copies, regionCopies: await seeRegionCopies(ctx, run), plan };
}

async function seeStores(ctx: Ctx, { recipe, copies }: Run, image: Image): Promise<SeenCopy[]> {
  const [own] = await ctx.cloud.everyImageService();
  const seen: SeenCopy[] = [];
  for (const { name: zone, store, distribute } of recipe.zones) {
    if (own === undefined || store === null || !distribute) continue;
    const wasAsked = copies.some((one) => one.zone === zone && one.fetches > 0);
    const isBroken = wasAsked && !image.isImporting && !image.stores.includes(store);
    const reason = isBroken ? await own.imports.failureOf(image.id) : null;
    seen.push({ zone, image, reason, sendingBytes: null, store });
  }
  return seen;
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
  const ofCopies = seen.copies.map((copy) => decideCopy(run, { ...seen, image }, copy, nowMs));
  const ofRegions = seen.regionCopies.map((copy) => decideRegionCopy(run, copy, nowMs));
  const nexts = [...ofCopies, ...ofRegions];
  const isFail = nexts.find((next) => next.kind === "fail");
  const isNow = nexts.find(
    (next) => next.kind === "note" || next.kind === "act" || next.kind === "intend",
  );
  if (isFail !== undefined) return isFail;
  if (isNow !== undefined) return isNow;
  const waits = nexts.filter((next) => next.kind === "wait");
  const known = { ...candidate, missingSinceMs: null };
  if (waits.length === 0) {
    const zones = [...seen.copies, ...seen.regionCopies].map(({ zone }) => zone).join(", ");
    const text = zones === "" ? "nothing to copy" : `copied to ${zones}`;
    return { kind: "advance", to: "validate-sync", text, set: { candidate: known } };
  }
  const copies = ofCopies.reduce(
    (all, next) => (next.kind === "wait" ? withCopy(all, next.copy) : all),
    run.copies,
  );
  const regions = ofRegions.reduce<Pick<Run, "regionCopies">>(
    (all, next) => (next.kind === "wait" ? withRegionCopy(all, next.copy) : all),
    run.regionCopies === undefined ? {} : { regionCopies: run.regionCopies },
  );
  return {
    kind: "wait",
    seconds: Math.min(...waits.map(({ seconds }) => seconds)),
    text: waits.map(({ text }) => text).join("; "),
    set: { candidate: known, copies, ...regions },
  };
}

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  if (act.kind === "note-copy") {
    // Before the run's record has it: a run that ends in between leaves the copy to the image's record.
    const known = { ...run, regionCopies: act.regionCopies };
    await ctx.changeRecipeState((recipeState) => withImages(recipeState, known, ctx.now()));
    return;
  }
  if (act.kind === "store") {
    const [own] = await ctx.cloud.everyImageService();
    await own?.imports.copyTo(candidateOf(run).id, act.store);
    return;
  }
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
  { zone, sizeBytes }: Extract<CopyAct, { kind: "stream" }>,
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
