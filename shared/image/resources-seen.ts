import { CloudError, IncompleteListError } from "../openstack/errors.ts";
import { comparableId, isCloudId } from "../cloud-ids.ts";
import type { Backup } from "../backups.ts";
import type {
  Cloud,
  Image,
  ImageReferences,
  Images,
  ImageService,
  Server,
  Snapshot,
  Volume,
} from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import type { BackingResource } from "./recipe-state.ts";
import { isPutOff } from "./not-deleted.ts";

export type SeenResource = Snapshot | Volume | Server | Backup | Image;

export interface ResourcesSeen {
  /** Resources marked for deletion as GET shows them; null: 404. */
  resources: ReadonlyMap<string, SeenResource | null>;
  /** The cloud's reasons for deletes that it accepted and did not do, by resource id. */
  failures: ReadonlyMap<string, { message: string; requestId: string | null }>;
  volumes: Volume[];
  /**
   * Names of the images that use a snapshot, by the snapshot's comparable id. Covers all images that these
   * credentials see.
   */
  namedBy: ReadonlyMap<string, string[]>;
  /** Why an image that needs a snapshot may be missing from the list. Null: everything was read. */
  unread: string | null;
}

/**
 * Snapshots are looked at before images are listed: one that an image names later is then not among them. Every
 * image service of the catalog is asked for every image that names one; one page that fails, and nothing is deleted. A list that is
 * given up, or an entry that cannot be read, may need any snapshot: then all are kept, with the reason.
 */
export async function seeResources(ctx: Ctx, deleting: BackingResource[]): Promise<ResourcesSeen> {
  const marked = await seeMarked(ctx, deleting);
  const snapshots = deleting.filter(
    (p) => p.kind === "snapshot" && marked.resources.get(p.id) !== null,
  );
  if (snapshots.length === 0) return { ...marked, volumes: [], namedBy: new Map(), unread: null };
  const wanted = new Set(snapshots.map(({ id }) => comparableId(id)));
  const { volumes, namedBy, unread } = await seeUsers(ctx, ({ images }) =>
    namingNow(images, (id) => wanted.has(comparableId(id))),
  );
  return { ...marked, volumes, namedBy, unread };
}

/**
 * The list may remember images that somebody has deleted since, so those that name a wanted snapshot are asked for one by
 * one. A Glance that lags says 404, too: then a new list decides.
 */
async function namingNow(
  images: Images,
  isWanted: (snapshotId: string) => boolean,
): Promise<ImageReferences[]> {
  const listed = await images.imagesNamingSnapshots();
  const missing = new Set<string>();
  for (const { id, snapshotIds } of listed) {
    if (!snapshotIds.some(isWanted) || !isCloudId(id)) continue;
    if ((await images.foreign(id)) === null) missing.add(id);
  }
  if (missing.size === 0) return listed;
  const there = new Set((await images.everyImage()).map(({ id }) => id));
  return listed.filter(({ id }) => !missing.has(id) || there.has(id));
}

/** The resources themselves, and why earlier deletes of them failed. */
export async function seeMarked(
  ctx: Ctx,
  deleting: BackingResource[],
): Promise<Pick<ResourcesSeen, "resources" | "failures">> {
  const resources = new Map<string, SeenResource | null>();
  for (const resource of deleting)
    resources.set(resource.id, await seeResource(ctx.cloud, resource));
  return { resources, failures: await seeFailures(ctx, deleting, resources) };
}

/** @returns null: 404. */
export function seeResource(
  { compute, volumes, backups, images }: Cloud,
  { kind, id }: Pick<BackingResource, "kind" | "id">,
): Promise<SeenResource | null> {
  switch (kind) {
    case "server":
      return compute.server(id);
    case "volume":
      return volumes.volume(id);
    case "snapshot":
      return volumes.snapshot(id);
    case "backup":
      return backups.backup(id);
    case "image":
      return images.image(id);
  }
}

/** Reasons decide nothing, so Regild goes on if the cloud does not give them. */
async function seeFailures(
  ctx: Ctx,
  deleting: BackingResource[],
  resources: ResourcesSeen["resources"],
): Promise<ResourcesSeen["failures"]> {
  const failures = new Map<string, { message: string; requestId: string | null }>();
  for (const resource of deleting) {
    const { id, askedAtMs, sinceMs } = resource;
    const there = resources.get(id);
    // CBR and IMS tell no reasons.
    if (resource.kind === "backup" || resource.kind === "image") continue;
    const wasTried = askedAtMs !== null || there?.status === "error_deleting";
    if (there == null || !wasTried || !isUndeleted(there) || isPutOff(resource, ctx.now()))
      continue;
    try {
      const since = (askedAtMs ?? sinceMs) - ctx.timing.skewMs;
      const { compute, volumes } = ctx.cloud;
      const failure =
        resource.kind === "server"
          ? await compute.failureOf(id, "delete", since)
          : await volumes.failureOf(id, since);
      if (failure !== null) failures.set(id, failure);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
    }
  }
  return failures;
}

/** What may need a snapshot, and the images that the services have listed. */
export interface UsersSeen extends Omit<ResourcesSeen, "resources" | "failures"> {
  images: Array<{ service: ImageService; image: ImageReferences }>;
}

export async function seeUsers(
  ctx: Ctx,
  list = (service: ImageService) => service.images.everyImage(),
): Promise<UsersSeen> {
  const unread = new Set<string>();
  const listed: UsersSeen["images"] = [];
  let volumes: Volume[] = [];
  try {
    volumes = await ctx.cloud.volumes.volumes();
    for (const volume of volumes) {
      const field = volume.oddFields.find((odd) => odd === "snapshot_id" || odd === "record");
      if (field !== undefined) unread.add(unreadVolume(volume, field));
    }
    for (const service of await ctx.cloud.everyImageService()) {
      for (const image of await list(service)) {
        listed.push({ service, image });
        if (image.oddField !== null) unread.add(unreadImage(image, image.oddField));
      }
    }
  } catch (error) {
    if (!(error instanceof IncompleteListError)) throw error;
    unread.add(error.message);
  }
  return {
    volumes,
    namedBy: namesOf(listed.map(({ image }) => image)),
    unread: summed([...unread]),
    images: listed,
  };
}

function unreadImage({ id, ownerProjectId }: ImageReferences, field: string): string {
  const owner = ownerProjectId === null ? "of an unknown project" : `of project ${ownerProjectId}`;
  return `image ${id} ${owner} may need it: its ${field} cannot be read`;
}

function unreadVolume({ id, projectId }: Volume, field: string): string {
  const owner = projectId === null ? "" : ` of project ${projectId}`;
  return `volume ${id || "without an id"}${owner} may need it: its ${field} cannot be read`;
}

function summed([first, ...others]: string[]): string | null {
  if (first === undefined) return null;
  return others.length === 0 ? first : `${first} (and ${others.length} more like that)`;
}

function namesOf(images: ImageReferences[]): Map<string, string[]> {
  const namedBy = new Map<string, string[]>();
  for (const image of images) {
    for (const id of image.snapshotIds.map(comparableId))
      namedBy.set(id, [...(namedBy.get(id) ?? []), image.id]);
  }
  return namedBy;
}

/** True if neither a delete nor another task is under way. */
export function isUndeleted(resource: SeenResource): boolean {
  const { status } = resource;
  if ("taskState" in resource)
    return resource.taskState !== "deleting" && !["DELETED", "SOFT_DELETED"].includes(status);
  if ("visibility" in resource) return status !== "deleted" && status !== "pending_delete";
  return status === "available" || status.startsWith("error");
}
