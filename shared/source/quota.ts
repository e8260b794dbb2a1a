import type { Cloud, Flavor } from "../cloud-ports.ts";
import type { ComputeQuota, ImageQuota, Usage, VolumeQuota } from "../cloud-quotas.ts";
import type { Problem } from "../context.ts";
import type { ImageJobs } from "../image-jobs.ts";
import { CloudError } from "../openstack/errors.ts";
import { isByIms, type Recipe } from "../recipe/recipe.ts";
import { remedyFor } from "../run/refusal.ts";
import { dataDisks } from "./data-disks.ts";
import { type FoundSource, rootVolume } from "./resolve.ts";

/** The least that a run adds to the quotas' use. */
export interface Need {
  snapshots: number;
  volumes: number;
  /** Size of the temporary volume only: operators may exclude snapshots from this quota (no_snapshot_gb_quota). */
  gib: number;
  images: number;
  /** Who counts the images: Glance, or the IMS that makes them. */
  counts: "glance" | "ims";
  /** The server of a test boot. Null: the recipe has no such test. */
  server: Flavor | null;
}

/** @param flavor of the recipe's test boot, if it has one. */
export function needOf(recipe: Recipe, found: FoundSource, flavor: Flavor | null): Need {
  const capture = captureNeed(recipe, found);
  const testGib = recipe.testBoot?.volumeGib ?? 0;
  // The temporary volume of the capture has gone when the test's is made.
  return {
    snapshots: capture.snapshots,
    volumes: Math.max(capture.volumes, testGib > 0 ? 1 : 0),
    gib: Math.max(capture.gib, testGib),
    images: imagesOf(recipe, found),
    counts: isByIms(recipe) ? "ims" : "glance",
    server: flavor,
  };
}

/** How many are there at one time. With an encrypted copy, what it is made of is there as well. */
function imagesOf(recipe: Recipe, { servers: [server], volumes }: FoundSource): number {
  if (recipe.image.cmkId !== undefined) return 2;
  if (recipe.capture !== "data_disks" || server === undefined) return 1;
  const data = dataDisks(recipe, server, volumes);
  return "code" in data ? 1 : data.disks.length;
}

function captureNeed(
  { capture, prepare }: Recipe,
  found: FoundSource,
): Pick<Need, "snapshots" | "volumes" | "gib"> {
  const server = found.servers[0];
  const saved = prepare.restore === null ? 0 : 1;
  if (capture === "volume" || isByIms({ capture })) return { snapshots: saved, volumes: 0, gib: 0 };
  if (capture === "server") {
    const isVolumeBacked = server !== undefined && server.imageId === null;
    return { snapshots: isVolumeBacked ? server.volumeIds.length : 0, volumes: 0, gib: 0 };
  }
  const taken = server === undefined ? found.volumes[0] : rootVolume(server, found.volumes);
  return { snapshots: 1, volumes: 1, gib: taken?.sizeGib ?? 0 };
}

/** Null: the service does not report its quota. */
export interface SeenQuota {
  volume: VolumeQuota | null;
  image: ImageQuota | "no IMS" | null;
  compute: ComputeQuota | null;
}

/** Null also if the service does not answer: that must not prevent a run. */
export async function seeQuota(cloud: Cloud, need: Need): Promise<SeenQuota> {
  const { volumes, images, imageJobs, testServers } = cloud;
  const isNeeded = need.snapshots + need.volumes > 0;
  return {
    volume: isNeeded ? await orNull(volumes.quota()) : null,
    image: need.counts === "ims" ? await imsQuota(imageJobs) : await orNull(images.quota()),
    compute: need.server === null ? null : await orNull(testServers.quota()),
  };
}

/** Only IMS can take such an image, so that a cloud has none is told before a run begins. */
async function imsQuota(imageJobs: ImageJobs): Promise<SeenQuota["image"]> {
  try {
    return await imageJobs.quota();
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return error.code === "not-found" ? "no IMS" : null;
  }
}

async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof CloudError) return null;
    throw error;
  }
}

/** Refuses a run that cannot succeed, before it stops a server. @returns null: the quotas suffice. */
export function quotaProblem(need: Need, { volume, image, compute }: SeenQuota): Problem | null {
  if (image === "no IMS") {
    return {
      code: "no-ims",
      message: "This cloud's image service has no IMS, which the recipe's capture needs",
      remedy:
        "Take capture out, or write root_volume for a server, snapshot for a volume: they work on any OpenStack. If the cloud has an IMS, write its URL as image_endpoint_override into clouds.yaml",
    };
  }
  const short = [
    shortage("snapshots", need.snapshots, volume?.snapshots),
    shortage("volumes", need.volumes, volume?.volumes),
    shortage("GiB of volumes", need.gib, volume?.gib),
    shortage("images", need.images, image?.images),
    // Glance refuses once more is stored than the limit; how large this image gets is not known.
    shortage("MiB of images", 0, image?.sizeMib),
    shortage("servers", 1, compute?.instances),
    shortage("cores", need.server?.vcpus ?? 0, compute?.cores),
    shortage("MiB of memory", need.server?.ramMib ?? 0, compute?.ramMib),
  ].filter((text) => text !== null);
  if (short.length === 0) return null;
  return {
    code: "quota-exceeded",
    message: `The quota is too small for a run: ${short.join(", ")}`,
    remedy: remedyFor("quota-exceeded"),
  };
}

function shortage(what: string, need: number, usage: Usage | null | undefined): string | null {
  if (usage == null || usage.limit < 0 || usage.used + need <= usage.limit) return null;
  return `${what}: ${usage.used} of ${usage.limit} used, a run needs ${need} more`;
}
