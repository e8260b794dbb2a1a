import type { Image, Snapshot, Volume } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import type { BackingResource, RecipeState } from "../image/recipe-state.ts";
import { seeRemoval } from "../image/removal-seen.ts";
import type { Place, RemovalSeen } from "../image/removal-plan.ts";
import { seeCopies } from "../image/copies.ts";
import {
  type ResourcesSeen,
  seeMarked,
  seeResource,
  seeUsers,
  type UsersSeen,
} from "../image/resources-seen.ts";
import { markStraysForDeletion } from "../image/strays.ts";
import { type Attempt, type Orphan, orphansOf, withOrphans } from "./attempts.ts";
import { gibOf, placedSnapshot, type World } from "./plan.ts";
import type { RecipeSeen } from "./rehearsal.ts";
import type { Placed } from "./things.ts";

export interface Scope {
  here: Place;
  installationId: string;
  projectId: string;
  /** Records of every recipe: what they list is not taken for a stranger's. */
  records: readonly RecipeState[];
  /** Names of the recipes that are cleaned up. */
  recipes: readonly string[];
  attempts: readonly Attempt[];
  savedDisks: World["savedDisks"];
  withOthers: boolean;
}

export interface SeenWorld extends World {
  orphans: Orphan[];
}

/** Reads all that the plan is made of. Changes nothing. */
export async function seeWorld(ctx: Ctx, scope: Scope): Promise<SeenWorld> {
  const { here, installationId, records, savedDisks, withOthers } = scope;
  const snapshots = await ctx.cloud.volumes.snapshots();
  const users = await seeUsers(ctx);
  const images = await seeOwnImages(users, scope.projectId);
  const known = new Set(
    records.flatMap(({ images: entries, resources }) => [
      ...[...entries, ...resources].map(({ id }) => id),
      ...entries
        .filter(({ state }) => state !== "gone")
        .flatMap(({ zones }) => zones.flatMap(({ imageId }) => imageId ?? [])),
    ]),
  );
  const volumes = users.volumes.map(({ id, name, sizeGib }): Placed => ({
    kind: "volume",
    id,
    name,
    services: [],
    gib: sizeGib,
    owner: null,
  }));
  const placed = [...images, ...snapshots.map((one) => placedSnapshot(one)), ...volumes];
  const orphans = await withoutUsers(ctx, orphansOf(scope.attempts, placed, known), users.volumes);
  const recipes: RecipeSeen[] = [];
  for (const record of records.filter(({ recipeName }) => scope.recipes.includes(recipeName))) {
    const recipeState = prepared(record, orphans, ctx.now());
    const removal = await withCopies(ctx, recipeState, await seeRemoval(ctx, recipeState, here));
    const named = namedByOwn(users, recipeState);
    const resources = await seeResourcesHere(ctx, { recipeState, here, snapshots, named });
    const { volumes, namedBy, unread } = users;
    recipes.push({
      recipeState,
      removal,
      named,
      resources: { ...resources, volumes, namedBy, unread },
    });
  }
  return {
    here,
    installationId,
    recipes,
    images,
    snapshots,
    users,
    savedDisks,
    withOthers,
    orphans,
  };
}

/** An image that a server or volume was made from stays, whoever gave it its name. */
async function withoutUsers(ctx: Ctx, orphans: Orphan[], volumes: Volume[]): Promise<Orphan[]> {
  const free: Orphan[] = [];
  for (const orphan of orphans) {
    const { kind, id } = orphan.thing;
    const isUsed =
      kind === "image" &&
      (volumes.some(({ imageId }) => imageId === id) ||
        (await ctx.cloud.compute.serversFrom(id)).length > 0);
    if (!isUsed) free.push(orphan);
  }
  return free;
}

/** The record as a clean-up begins with it: what nobody needs any more is marked for deletion. */
export function prepared(record: RecipeState, orphans: readonly Orphan[], nowMs: number) {
  return withOrphans(markStraysForDeletion(record, nowMs) ?? record, orphans, nowMs);
}

/** Snapshots that images of the recipe name, and its record does not have. */
function namedByOwn({ images }: UsersSeen, recipeState: RecipeState): RecipeSeen["named"] {
  const own = new Set(
    recipeState.images.filter(({ state }) => state !== "gone").map(({ id }) => id),
  );
  const known = new Set(recipeState.resources.map(({ id }) => id));
  const named = images
    .filter(({ image }) => own.has(image.id))
    .flatMap(({ image }) => image.snapshotIds.map((id) => ({ id, imageId: image.id })))
    .filter(({ id }) => !known.has(id));
  return [...new Map(named.map((one) => [one.id, one])).values()];
}

/** An image that is to go may be left in another image service alone. */
async function withCopies(
  ctx: Ctx,
  recipeState: RecipeState,
  seen: RemovalSeen,
): Promise<RemovalSeen> {
  const copies = new Map(seen.copies);
  for (const entry of recipeState.images)
    if (seen.images.get(entry.id) === null && !copies.has(entry.id))
      copies.set(entry.id, await seeCopies(ctx, entry));
  return { ...seen, copies };
}

async function seeResourcesHere(
  ctx: Ctx,
  of: {
    recipeState: RecipeState;
    here: Place;
    snapshots: Snapshot[];
    named: RecipeSeen["named"];
  },
): Promise<Pick<ResourcesSeen, "resources" | "failures">> {
  const { recipeState, here, snapshots, named } = of;
  const recorded = recipeState.resources.filter(
    ({ state, where }) =>
      state !== "gone" && where.cloud === here.cloud && where.region === here.region,
  );
  const isListed = new Map(
    snapshots.filter(({ oddFields }) => oddFields.length === 0).map((one) => [one.id, one]),
  );
  const isMarked = (resource: BackingResource) => resource.state === "deleting";
  const { resources, failures } = await seeMarked(ctx, recorded.filter(isMarked));
  const all = new Map(resources);
  for (const resource of recorded.filter((one) => !isMarked(one))) {
    const { kind, id } = resource;
    const listed = kind === "snapshot" ? isListed.get(id) : undefined;
    all.set(id, listed ?? (await seeResource(ctx.cloud, resource)));
  }
  for (const { id } of named)
    if (!all.has(id)) all.set(id, isListed.get(id) ?? (await ctx.cloud.volumes.snapshot(id)));
  return { resources: all, failures };
}

/** A list by ids leaves hidden images out: those are asked for one by one. */
async function seeOwnImages({ images: listed }: UsersSeen, projectId: string): Promise<Placed[]> {
  const own = listed.filter(({ image }) => image.ownerProjectId === projectId);
  const found = new Map<string, Placed>();
  for (const [service, entries] of Map.groupBy(own, (one) => one.service)) {
    const ids = [...new Set(entries.map(({ image }) => image.id))];
    const read = await service.images.listed(ids);
    for (const id of ids) {
      const image = read.get(id) ?? (await service.images.foreign(id));
      if (image !== null) note(found, image, service.name);
    }
  }
  return [...found.values()];
}

function note(found: Map<string, Placed>, image: Image, service: string): void {
  const known = found.get(image.id);
  if (known !== undefined) return void known.services.push(service);
  found.set(image.id, {
    kind: "image",
    id: image.id,
    name: image.name,
    services: [service],
    gib: gibOf(image.sizeBytes),
    owner: image.properties["regild_owner"] ?? null,
  });
}
