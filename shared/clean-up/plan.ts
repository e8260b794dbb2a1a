import { comparableId } from "../cloud-ids.ts";
import type { Snapshot } from "../cloud-ports.ts";
import type { Place } from "../image/removal-plan.ts";
import type { UsersSeen } from "../image/resources-seen.ts";
import { type Fates, type RecipeSeen, rehearse } from "./rehearsal.ts";
import { whyImageStays, whyResourceStays } from "./stays.ts";
import type { SavedDisk } from "../source/saved-disk.ts";
import type { Placed, Row } from "./things.ts";

/** One project of one cloud, as a clean-up has seen it. */
export interface World {
  here: Place;
  installationId: string;
  /** Records with their orphans and strays marked for deletion. */
  recipes: RecipeSeen[];
  /** Of this project, in every image service. */
  images: Placed[];
  snapshots: Snapshot[];
  users: UsersSeen;
  /** Volumes that are still to be put back to their snapshots, and the servers that are to have them. */
  savedDisks: ReadonlyArray<
    Pick<SavedDisk, "snapshotId" | "volumeId" | "volumeName"> & { serverId: string }
  >;
  /** Things that Regild did not make are listed as well. */
  withOthers: boolean;
}

/** What happens to each image and snapshot, by the rules that the steps of a run go by. */
export function planCleanUp(world: World, nowMs: number): Row[] {
  const own = world.recipes.flatMap((seen) => {
    const fates = rehearse(seen, world.here, nowMs);
    return [
      ...imageRows(world, seen, fates),
      ...copyRows(world, seen),
      ...resourceRows(world, seen, fates),
    ];
  });
  const known = new Set(own.map(({ kind, id }) => `${kind} ${id}`));
  const others = world.withOthers ? reports(world, known) : [];
  return [...own, ...others].toSorted(byFate);
}

const ORDER = { delete: 0, keep: 1, report: 2 };

function byFate(a: Row, b: Row): number {
  return (
    ORDER[a.fate] - ORDER[b.fate] ||
    compare(a.recipe ?? "", b.recipe ?? "") ||
    compare(a.kind, b.kind) ||
    compare(a.id, b.id)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function imageRows(world: World, { recipeState, removal }: RecipeSeen, fates: Fates): Row[] {
  const listed = new Map(world.images.map((image) => [image.id, image]));
  return recipeState.images.flatMap((entry) => {
    const placed = listed.get(entry.id);
    const read = removal.images.get(entry.id);
    if (placed === undefined && read == null) return [];
    const isHere =
      entry.where.cloud === world.here.cloud && entry.where.region === world.here.region;
    if (!isHere) return [];
    const isAtWork = entry.run === recipeState.activeRun;
    const stays = { fate: "keep" as const, why: whyImageStays(recipeState, entry) };
    return {
      kind: "image",
      id: entry.id,
      name: placed?.name ?? read?.name ?? entry.name,
      gib: placed?.gib ?? gibOf(entry.sizeBytes),
      place: world.here,
      services: placed?.services ?? [],
      recipe: recipeState.recipeName,
      ...(isAtWork ? stays : (fates.get(entry.id) ?? stays)),
      usedBy: removal.users.get(entry.id) ?? [],
      run: isAtWork ? entry.run : null,
    };
  });
}

/** Copies by IMS, which have ids of their own, where this world is the other region. */
function copyRows({ here, images }: World, { recipeState }: RecipeSeen): Row[] {
  const listed = new Map(images.map((image) => [image.id, image]));
  return recipeState.images.flatMap((entry) =>
    entry.zones.flatMap(({ imageId }) => {
      const placed = listed.get(imageId ?? "");
      if (placed === undefined || entry.state === "gone") return [];
      return {
        kind: "image" as const,
        id: placed.id,
        name: placed.name,
        gib: placed.gib,
        place: here,
        services: placed.services,
        recipe: recipeState.recipeName,
        fate: "keep" as const,
        why: `copy of image ${entry.id}, goes with it`,
        usedBy: [],
        run: entry.run === recipeState.activeRun ? entry.run : null,
      };
    }),
  );
}

function resourceRows(world: World, seen: RecipeSeen, fates: Fates): Row[] {
  const { recipeState, resources } = seen;
  const recorded = recipeState.resources
    .filter(({ state, where }) => {
      const { cloud, region } = world.here;
      return state !== "gone" && where.cloud === cloud && where.region === region;
    })
    .map((resource) => ({ ...resource, why: whyResourceStays(recipeState, resource) }));
  const named = seen.named.map(({ id, imageId }) => ({
    kind: "snapshot" as const,
    id,
    run: null,
    why: `image ${imageId} needs it`,
  }));
  return [...recorded, ...named].flatMap(({ kind, id, run, why }) => {
    const there = resources.resources.get(id);
    if (there == null) return [];
    const isAtWork = run !== null && run === recipeState.activeRun;
    const stays = { fate: "keep" as const, why };
    const listed = kind === "image" ? world.images.find((image) => image.id === id) : undefined;
    return {
      kind,
      id,
      name: there.name,
      gib: "sizeGib" in there ? there.sizeGib : (listed?.gib ?? null),
      place: world.here,
      services: listed?.services ?? [],
      recipe: recipeState.recipeName,
      ...(isAtWork ? stays : (fates.get(id) ?? stays)),
      usedBy: usersOf(world, kind, id),
      run: isAtWork ? run : null,
    };
  });
}

function usersOf(world: World, kind: Placed["kind"], id: string): string[] {
  if (kind === "snapshot") return usersOfSnapshot(world, id);
  if (kind !== "image") return [];
  return world.users.volumes
    .filter(({ imageId }) => imageId === id)
    .map((volume) => `volume ${volume.id}`);
}

export function placedSnapshot({ id, name, sizeGib }: Snapshot): Placed {
  return { kind: "snapshot", id, name, services: [], gib: sizeGib, owner: null };
}

function usersOfSnapshot({ users }: World, id: string): string[] {
  const wanted = comparableId(id);
  return [
    ...(users.namedBy.get(wanted) ?? []).map((image) => `image ${image}`),
    ...users.volumes
      .filter(({ snapshotId }) => comparableId(snapshotId ?? "") === wanted)
      .map((volume) => `volume ${volume.id}`),
  ];
}

function reports(world: World, known: ReadonlySet<string>): Row[] {
  const things = [...world.images, ...world.snapshots.map((snapshot) => placedSnapshot(snapshot))];
  return things
    .filter(({ kind, id }) => !known.has(`${kind} ${id}`))
    .map(({ kind, id, name, gib, services, owner }) => ({
      kind,
      id,
      name,
      gib,
      place: world.here,
      services,
      recipe: null,
      fate: "report",
      why: whoseText(world, { kind, id, owner }),
      usedBy: kind === "snapshot" ? usersOfSnapshot(world, id) : [],
      run: null,
    }));
}

/** An image whose mark names another image has inherited it, and is nobody's of Regild. */
function whoseText(
  { installationId, savedDisks }: World,
  { kind, id, owner }: Pick<Placed, "kind" | "id" | "owner">,
): string {
  const saved = savedDisks.find(({ snapshotId }) => kind === "snapshot" && snapshotId === id);
  if (saved !== undefined)
    return `needed: Regild puts volume ${saved.volumeName || saved.volumeId} of server ${saved.serverId} back to it`;
  const [installation, run, , imageId] = owner?.split("/") ?? [];
  if (imageId !== id)
    return kind === "image"
      ? "not made by Regild: regild adopt takes it into a recipe"
      : "not made by Regild";
  return installation === installationId
    ? `made by run ${run}, which no recipe that was read has`
    : `made by another Regild (installation ${installation})`;
}

export function gibOf(bytes: number | null): number | null {
  return bytes === null ? null : Math.round((bytes / 1024 ** 3) * 1000) / 1000;
}
