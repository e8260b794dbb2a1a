import type { Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { IncompleteListError } from "../openstack/errors.ts";
import { cloudWords } from "../plain-text.ts";
import { type Copies, seeCopies } from "./copies.ts";
import { diskImagesOf } from "./image-set.ts";
import { mayHideUse } from "./may-hide-use.ts";
import { memberUsers } from "./member-users.ts";
import { anew, justRead, type ReadImage } from "./read-image.ts";
import type { InventoryImage, RecipeState } from "./recipe-state.ts";
import { type Place, type RemovalSeen, deletingImages, retirable } from "./removal-plan.ts";
import { zoneUsers } from "./zone-users.ts";

/**
 * Makes no call if the inventory alone shows that nothing must be deleted.
 * @param read a run that has just shown which image is current has read these images for that.
 */
export async function seeRemoval(
  ctx: Ctx,
  recipeState: RecipeState,
  here: Place,
  read: ReadImage = anew(ctx),
): Promise<RemovalSeen> {
  const deleting = deletingImages(recipeState, here);
  const images = new Map<string, Image | null>();
  const copies = new Map<string, Copies>();
  const users = new Map<string, string[]>();
  const goers = retirable(recipeState, here, ctx.now());
  const counted = recipeState.images.filter((i) => i.state === "current" || i.state === "retired");
  const ofSets = counted.flatMap(({ id }) => diskImagesOf(recipeState, id));
  for (const { id } of [...deleting, ...(goers.length === 0 ? [] : [...counted, ...ofSets])])
    images.set(id, await read(id));
  for (const entry of deleting)
    if (images.get(entry.id) === null) copies.set(entry.id, await seeCopies(ctx, entry));
  let unread: string | null = null;
  if (goers.length === 0) return { images, copies, users, unread };
  try {
    for (const [id, of] of await seeUsers(ctx, recipeState, goers)) users.set(id, of);
  } catch (error) {
    if (!(error instanceof IncompleteListError)) throw error;
    unread = error.message;
  }
  // The lists may have taken minutes, and what was read before them counts for some seconds only.
  for (const { id } of [...counted, ...ofSets])
    if (images.get(id) !== null) images.set(id, await justRead(ctx)(id));
  return { images, copies, users, unread };
}

/** Servers and volumes that use each image, or one that goes with it, by its id. @throws IncompleteListError some may be missing. */
export async function seeUsers(
  ctx: Ctx,
  recipeState: RecipeState,
  goers: ReadonlyArray<Pick<InventoryImage, "id" | "where" | "zones">>,
): Promise<Array<[string, string[]]>> {
  const found: Array<[string, string[]]> = [];
  const volumes = await ctx.cloud.volumes.volumes();
  const odd = volumes.filter(mayHideUse);
  for (const goer of goers) {
    const { id } = goer;
    const ids = [id, ...diskImagesOf(recipeState, id).map((one) => one.id)];
    const snapshots = recipeState.resources.filter((p) => p.imageId === id).map((p) => p.id);
    const created = volumes.filter(
      (v) =>
        ids.includes(v.imageId ?? "") ||
        (v.snapshotId !== null && snapshots.includes(v.snapshotId)),
    );
    const servers: string[] = [];
    for (const each of ids) servers.push(...(await ctx.cloud.compute.serversFrom(each)));
    const unread = odd.map((v) => `volume ${v.id || "without an id"}, maybe: it cannot be read`);
    const names = created.map((v) => `volume ${cloudWords(v.name || v.id, 255)}`);
    const others = [
      ...(await memberUsers(ctx, recipeState, goer)),
      ...(await zoneUsers(ctx, recipeState, goer)),
    ];
    found.push([id, [...servers.map((name) => `server ${name}`), ...names, ...others, ...unread]]);
  }
  return found;
}
