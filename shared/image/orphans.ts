import type { Ctx } from "../context.ts";
import { newResource } from "./backing-resources.ts";
import type { RecipeState, BackingResource, Where } from "./recipe-state.ts";

/**
 * Snapshots that no image may ever name: Nova makes those of a volume-backed server one by one before the image, and
 * leaves them when a later one fails. Only their name tells whose they are (nova/compute/api.py,
 * snapshot_volume_backed; seen on Zed).
 * @param creationNames names that an image was asked for under.
 * @returns ids of those the inventory does not know.
 */
export async function findOrphans(
  ctx: Ctx,
  recipeState: RecipeState,
  creationNames: string[],
): Promise<string[]> {
  const names = creationNames.map((name) => `snapshot for ${name}`);
  const snapshots = await ctx.cloud.volumes.snapshots();
  return snapshots
    .filter(
      ({ id, name }) => names.includes(name) && !recipeState.resources.some((p) => p.id === id),
    )
    .map(({ id }) => id);
}

export function orphanResources(
  ids: string[],
  of: { run: string; where: Where },
  nowMs: number,
): BackingResource[] {
  const made = { kind: "snapshot" as const, imageId: null, state: "deleting" as const };
  const { run, where } = of;
  return ids.map((id) => newResource({ ...made, id, run, where }, nowMs));
}
