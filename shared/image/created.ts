import type { Ctx } from "../context.ts";
import type { CloudError } from "../openstack/errors.ts";
import type { BackingResource, RecipeState, LateAttempt } from "./recipe-state.ts";
import { addResources, newResource } from "./backing-resources.ts";
import { isKnownImage } from "./image-set.ts";
import { markForDeletion, newCandidate, register } from "./inventory.ts";
import { isOfAttempt } from "./test-server.ts";

export interface Created {
  kind: "image" | BackingResource["kind"];
  id: string;
}

/** How the names of the empty images begin that use an id up. */
export const FENCE = "regild-fence-";

type Attempt = Pick<LateAttempt, "kind" | "name" | "imageId">;

/**
 * Finds what an attempt has created: by the id that its image was to have, or by its creation name, the only mark that
 * Nova, Cinder and every old cloud keep from the request on. The name holds the attempt ID, so nothing else has it. Times
 * are not compared, because clocks differ.
 */
export async function findCreated(
  ctx: Ctx,
  { kind, name, imageId }: Attempt,
): Promise<Created | null> {
  const chosen = imageId === null ? null : await ctx.cloud.images.foreign(imageId);
  // A fence that was not taken away yet is no image of the attempt.
  if (chosen !== null && !chosen.name.startsWith(FENCE)) return { kind: "image", id: chosen.id };
  if (isOfImage(kind)) {
    const [image] = await ctx.cloud.images.named(name);
    return image === undefined ? null : { kind: "image", id: image.id };
  }
  const { volumes, compute } = ctx.cloud;
  if (kind === "create-server") {
    const server = (await compute.findServers(name)).find((one) => isOfAttempt(one, name));
    return server === undefined ? null : { kind: "server", id: server.id };
  }
  const isSnapshot = kind === "create-snapshot" || kind === "save-disk";
  const list = isSnapshot ? await volumes.snapshots() : await volumes.volumes();
  const created = list.find((thing) => thing.name === name);
  return created === undefined
    ? null
    : { kind: isSnapshot ? "snapshot" : "volume", id: created.id };
}

function isOfImage(kind: Attempt["kind"]): boolean {
  return ["create-image", "upload-image", "image-job", "copy-image", "copy-to-region"].includes(
    kind,
  );
}

/** A copy in another image service, of an image that the cloud has dropped where it was made. Null: there is none. */
export async function findCopy(ctx: Ctx, { kind, name }: Attempt): Promise<Created | null> {
  if (!isOfImage(kind)) return null;
  const [, ...others] = await ctx.cloud.everyImageService();
  for (const { images } of others) {
    const [copy] = await images.named(name);
    if (copy !== undefined) return { kind: "image", id: copy.id };
  }
  return null;
}

/**
 * Marks a resource for deletion if its create finished after the run had given that attempt up. Does nothing if the
 * run adopted it meanwhile.
 */
export function markCreatedForDeletion(
  recipeState: RecipeState,
  created: Created,
  by: LateAttempt,
  nowMs: number,
): RecipeState | null {
  const { run, attemptId, where, name, testOf, backup } = by;
  const { kind, id } = created;
  if (kind !== "image") {
    const made = newResource({ kind, id, run, imageId: null, where, state: "deleting" }, nowMs);
    const test = testOf === null ? null : { name, imageId: testOf };
    return addResources(recipeState, [{ ...made, test }]);
  }
  if (isKnownImage(recipeState, created.id)) return null;
  const entry = newCandidate(
    { id: created.id, name, run, attemptId, where, sizeBytes: null },
    nowMs,
  );
  const registered = register(recipeState, { ...entry, backup }) ?? recipeState;
  return markForDeletion(registered, created.id, "made by a create that nobody answered", nowMs);
}

const LONGEST_GAP_MS = 12 * 3_600_000;

/**
 * The image of an attempt is not gone yet, and nobody has seen which snapshots it names: a lagging Glance does not show
 * them. Where they are known, others of the attempt's name were left by a repeated call.
 */
export function isImageThere(
  { images, resources }: RecipeState,
  { run, attemptId }: LateAttempt,
): boolean {
  const image = images.find((i) => i.run === run && i.attemptId === attemptId);
  if (image === undefined || image.state === "gone") return false;
  return !resources.some(({ imageId }) => imageId === image.id);
}

/**
 * The gap between two checks grows with the age of the attempt.
 * @param seen `isFound`: what the attempt made is in the inventory now. `isThere`: its image is not gone yet.
 *   `isSettled`: the image id is used up, and nobody has to ask for it again.
 */
export function afterLateCheck(
  recipeState: RecipeState,
  late: LateAttempt,
  seen: { isFound: boolean; isThere: boolean; isSettled: boolean },
  nowMs: number,
): RecipeState {
  const others = recipeState.lateAttempts.filter((t) => t.attemptId !== late.attemptId);
  if (seen.isFound || (nowMs >= late.untilMs && !seen.isThere))
    return { ...recipeState, lateAttempts: others };
  const gapMs = Math.min(LONGEST_GAP_MS, Math.max(60_000, (nowMs - late.atMs) / 2));
  const imageId = seen.isSettled ? null : late.imageId;
  const nextCheckAtMs = Math.ceil(nowMs + gapMs);
  return { ...recipeState, lateAttempts: [...others, { ...late, imageId, nextCheckAtMs }] };
}

const RETRY_MS = 5 * 60_000;
/** A cloud that says no for so long after the attempt's time is over says no for ever. */
const REFUSES_FOR_MS = 3 * 24 * 3_600_000;

/**
 * The cloud could not be asked for the result. The attempt is given up when its time is over, where no call can be made: the
 * entry has left clouds.yaml, or the region the catalog. Where the cloud refuses, some days later.
 */
export function afterFailedCheck(
  recipeState: RecipeState,
  late: LateAttempt,
  { kind, call }: CloudError,
  nowMs: number,
): RecipeState {
  const others = recipeState.lateAttempts.filter((t) => t.attemptId !== late.attemptId);
  const untilMs = late.untilMs + (call === null ? 0 : REFUSES_FOR_MS);
  if (kind === "refused" && nowMs >= untilMs) return { ...recipeState, lateAttempts: others };
  const nextCheckAtMs = nowMs + RETRY_MS;
  return { ...recipeState, lateAttempts: [...others, { ...late, nextCheckAtMs }] };
}
