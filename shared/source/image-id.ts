import type { Volume } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import { settleMs } from "../run/intent.ts";
import type { GivenImageId, SourceItem } from "./item.ts";

/**
 * How long a request whose answer was lost may be on its way. Meanwhile the image id stays on the volume, because Cinder
 * then refuses a second upload. So does an upload that a person asks for: no longer than needed.
 */
const LATE_UPLOAD_MS = 5 * 60_000;
/** Ids that are remembered besides the last one: a process may sleep while several runs go by. */
const MOST_EARLIER = 4;

export type Removal = "none" | "wait" | "remove" | "forget";

/** What is to be done about an image id that Regild wrote on a user's volume. */
export function decideRemoval(
  source: SourceItem | null,
  volume: Volume | null,
  nowMs: number,
): Removal {
  const given = source?.givenImageId ?? null;
  if (given === null) return "none";
  if (nowMs < given.busyUntilMs) return "wait";
  if (volume === null || imageIdOn(volume) !== given.imageId) return "forget";
  return volume.status === "uploading" ? "wait" : "remove";
}

/** Takes the image id off, or finds it gone. The record is cleared only if no request can be on its way any more. */
export async function removeImageId(
  ctx: Ctx,
  volumeId: string,
  removal: Extract<Removal, "remove" | "forget">,
): Promise<void> {
  const given = (await ctx.source(volumeId))?.givenImageId ?? null;
  if (given === null || ctx.now() < given.busyUntilMs) return;
  if (removal === "forget") return forget(ctx, volumeId, given);
  const nowMs = ctx.now();
  const announced = { ...given, busyUntilMs: nowMs + settleMs(ctx.timing) };
  const noted = await ctx.changeSource(volumeId, (s) =>
    isSame(s.givenImageId, given) ? { ...s, givenImageId: announced } : null,
  );
  const isOwn = isSame(noted.givenImageId, announced);
  if (!isOwn || ctx.now() > nowMs + ctx.timing.windowMs) return;
  await ctx.cloud.volumes.chooseImageId(volumeId, null);
  await forget(ctx, volumeId, announced);
}

/**
 * Has uploads of a user's volume ask for this image id; null: for none. Written down first, so that the source's record
 * takes the id off again.
 * @returns null: the volume has an image id of somebody else, which stays. Otherwise what is to be called when the
 * upload was answered.
 */
export async function giveImageId(
  ctx: Ctx,
  runId: string,
  volume: Volume,
  imageId: string | null,
): Promise<(() => Promise<void>) | null> {
  const there = imageIdOn(volume);
  const source = await knowLast(ctx, volume.id, there);
  const given = source?.givenImageId ?? null;
  const isOurs = there === null || there === imageId || there === given?.imageId;
  if (!isOurs) return imageId === null ? nothing : null;
  if (given !== null && given.imageId !== imageId) {
    const removal = decideRemoval(source, volume, ctx.now());
    if (removal === "remove" || removal === "forget") await removeImageId(ctx, volume.id, removal);
    const left = (await ctx.source(volume.id))?.givenImageId ?? null;
    if (left !== null) throw notYet(volume, left.busyUntilMs - ctx.now());
  }
  if (imageId === null) return nothing;
  const nowMs = ctx.now();
  const announced = { imageId, busyUntilMs: nowMs + LATE_UPLOAD_MS };
  let isFirst = false;
  const noted = await ctx.changeSource(volume.id, (s) => {
    const isFree = s.givenImageId === null || s.givenImageId.imageId === imageId;
    if (s.owner !== runId || !isFree) return null;
    isFirst = s.givenImageId === null;
    return { ...s, givenImageId: announced };
  });
  const isOwn = isSame(noted.givenImageId, announced);
  if (!isOwn || ctx.now() > nowMs + ctx.timing.windowMs) throw notYet(volume, 0);
  if (there !== imageId) {
    if (volume.status === "uploading") throw notYet(volume, 0);
    await ctx.cloud.volumes.chooseImageId(volume.id, imageId);
  }
  return async () => {
    // Of a second worker, nobody knows whether the request of the first one is still on its way.
    if (!isFirst) return;
    await ctx.changeSource(volume.id, (s) =>
      isSame(s.givenImageId, announced)
        ? { ...s, givenImageId: { imageId, busyUntilMs: ctx.now() } }
        : null,
    );
  };
}

/** An id that was taken off, and that a late request has written again, is to be taken off again. */
async function knowLast(
  ctx: Ctx,
  volumeId: string,
  there: string | null,
): Promise<SourceItem | null> {
  const source = await ctx.source(volumeId);
  if (there === null || source === null || !hasTakenOff(source, there)) return source;
  const again = { imageId: there, busyUntilMs: ctx.now() };
  return ctx.changeSource(volumeId, (s) =>
    s.givenImageId === null && hasTakenOff(s, there) ? { ...s, givenImageId: again } : null,
  );
}

/** Whether Regild wrote this id on the volume, and took it off again. */
export function hasTakenOff(
  { lastImageId, earlierImageIds }: Pick<SourceItem, "lastImageId" | "earlierImageIds">,
  imageId: string,
): boolean {
  return lastImageId === imageId || earlierImageIds.includes(imageId);
}

async function nothing(): Promise<void> {}

async function forget(ctx: Ctx, volumeId: string, given: GivenImageId): Promise<void> {
  await ctx.changeSource(volumeId, (s) =>
    isSame(s.givenImageId, given) ? withoutGiven(s, given.imageId) : null,
  );
}

function withoutGiven(source: SourceItem, lastImageId: string): SourceItem {
  const { lastImageId: before, earlierImageIds } = source;
  const earlier = (before === null ? earlierImageIds : [before, ...earlierImageIds])
    .filter((id) => id !== lastImageId)
    .slice(0, MOST_EARLIER);
  return { ...source, givenImageId: null, lastImageId, earlierImageIds: earlier };
}

function notYet({ id, name }: Volume, afterMs: number): CloudError {
  return new CloudError(
    `An earlier request about volume ${name || id} may still be on its way to the cloud`,
    { kind: "transient", retryAfterSeconds: Math.max(0, Math.ceil(afterMs / 1000)) },
  );
}

function imageIdOn({ imageProperties }: Volume): string | null {
  return imageProperties["id"] ?? null;
}

function isSame(a: GivenImageId | null, b: GivenImageId): boolean {
  return a?.imageId === b.imageId && a.busyUntilMs === b.busyUntilMs;
}
