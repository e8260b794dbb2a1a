import type { Cloud, Image, Server, Volume } from "../cloud-ports.ts";
import type { Problem } from "../context.ts";
import { cloudWords } from "../plain-text.ts";
import { isByIms, type Recipe } from "../recipe/recipe.ts";
import type { Source } from "../run/record.ts";
import { dataDisks } from "./data-disks.ts";
import { seeUsers, unseenProblem, type User } from "./live-volume.ts";

/** The server or volume that the recipe names, and its volumes. */
export interface FoundSource {
  servers: Server[];
  volumes: Volume[];
  /** Project of the credentials. Used for volumes of clouds that report no project. */
  projectId: string;
  /** The image that the server was booted from. Null: there is none, or nobody has read it (boot-image.ts). */
  bootImage: Image | null;
  /** Servers that have the volume, where the recipe stops them. */
  users: User[];
}

export async function seeSource(cloud: Cloud, recipe: Recipe): Promise<FoundSource> {
  const { compute, volumes } = cloud;
  const { projectId } = await cloud.authenticate();
  if (recipe.source.kind === "volume") {
    const found = await volumes.findVolumes(recipe.source.idOrName);
    const isStopped = recipe.prepare.stopServer && found.length === 1;
    const users = isStopped ? await seeUsers(cloud, found[0] ?? null) : [];
    return { servers: [], volumes: found, projectId, bootImage: null, users };
  }
  const servers = await compute.findServers(recipe.source.idOrName);
  const server = servers.length === 1 ? servers[0] : undefined;
  const attached: Volume[] = [];
  for (const id of server?.volumeIds ?? []) {
    const volume = await volumes.volume(id);
    if (volume !== null) attached.push(volume);
  }
  return { servers, volumes: attached, projectId, bootImage: null, users: [] };
}

export function decideSource(recipe: Recipe, found: FoundSource): { source: Source } | Problem {
  const { kind, idOrName } = recipe.source;
  const matches: Array<Server | Volume> = kind === "server" ? found.servers : found.volumes;
  const field = `${recipe.name}.${kind}`;
  const match = matches[0];
  if (match === undefined) {
    return {
      code: "source-not-found",
      message: `No ${kind} is named "${idOrName}", or has that id, in ${recipe.cloud}`,
      remedy: `Names are compared exactly. openstack ${kind} list shows what is there; then correct ${field} or region_name`,
    };
  }
  if (matches.length > 1) {
    const list = matches.map((m) => `${m.id} (${m.status})`).join(", ");
    return {
      code: "source-ambiguous",
      message: `${matches.length} ${kind}s are named "${idOrName}": ${list}`,
      remedy: `Write the id of the one that is meant into ${field}`,
    };
  }
  return "volumeIds" in match
    ? serverSource(recipe, match, found)
    : (unseenProblem(recipe, match, found.users) ?? { source: volumeSource(match, found) });
}

/** Longest name that the services accept. */
const MAX_NAME = 255;

function volumeSource(volume: Volume, found: FoundSource): Source {
  return {
    kind: "volume",
    id: volume.id,
    name: cloudWords(volume.name, MAX_NAME),
    projectId: volume.projectId ?? found.projectId,
    volumeId: volume.id,
    lockIds: [volume.id, ...found.users.map(({ id }) => id)].toSorted(),
    volumeBacked: false,
    availabilityZone: null,
    bootImageId: null,
    disks: [],
    servers: found.users.map(({ id, server }) => ({
      id,
      name: cloudWords(server?.name ?? id, MAX_NAME),
    })),
    inherited: handedOn(volume.imageProperties),
  };
}

function serverSource(
  recipe: Recipe,
  server: Server,
  found: FoundSource,
): { source: Source } | Problem {
  const volumeBacked = server.imageId === null;
  const root = rootVolume(server, found.volumes);
  if (recipe.capture === "root_volume" && root === null) {
    return {
      code: "no-root-volume",
      message: `Server ${server.name} has no root volume${volumeBacked ? " that can be told from its other volumes" : ": it runs from an image on a local disk"}`,
      remedy: volumeBacked
        ? `Name the volume itself: ${recipe.name}.volume with capture: snapshot`
        : `Take ${recipe.name}.capture out: createImage takes the image of such a server`,
    };
  }
  const data = recipe.capture === "data_disks" ? dataDisks(recipe, server, found.volumes) : null;
  if (data !== null && "code" in data) return data;
  const isRootAlone = recipe.capture === "root_volume" || recipe.capture === "system_disk";
  // Some clouds show the image of a server that runs from a volume, too.
  const takesAll = volumeBacked || recipe.capture === "full_server";
  const whole = isRootAlone && root !== null ? [root] : takesAll ? found.volumes : [];
  const taken = data?.volumes ?? whole;
  const of = data?.volumes ?? (root === null ? [] : [root]);
  const properties = Object.fromEntries(
    of.flatMap(({ imageProperties }) => Object.entries(imageProperties)),
  );
  return {
    source: {
      kind: "server",
      id: server.id,
      name: cloudWords(server.name, MAX_NAME),
      projectId: server.projectId,
      volumeId: recipe.capture === "root_volume" ? (root?.id ?? null) : null,
      lockIds: [server.id, ...taken.map((v) => v.id)].toSorted(),
      // The image that IMS makes has no snapshots of its own.
      volumeBacked: volumeBacked && !isByIms(recipe),
      availabilityZone:
        server.availabilityZone === null ? null : cloudWords(server.availabilityZone, MAX_NAME),
      bootImageId: server.imageId,
      inherited: handedOn(recipe.capture === "server" ? keptByServer(properties) : properties),
      disks: data?.disks ?? [],
      servers: [],
    },
  };
}

/**
 * Finds the boot volume by its bootable flag and the first device, because only administrators see the root device's
 * name.
 */
export function rootVolume(server: Server, volumes: Volume[]): Volume | null {
  if (server.imageId !== null) return null;
  const bootable = volumes.filter((v) => v.bootable);
  const first = bootable.filter((v) =>
    v.attachments.some((a) => a.serverId === server.id && /^\/dev\/\w*da$/.test(a.device ?? "")),
  );
  const only = bootable.length === 1 ? bootable : first;
  return only.length === 1 ? (only[0] ?? null) : null;
}

/**
 * Nova cuts the properties that a server hands on to its images at 255 bytes, and leaves out a character that does not
 * fit whole (nova/utils.py, get_system_metadata_from_image; seen on Zed).
 */
export function keptByServer(properties: Record<string, string>): Record<string, string> {
  const kept = (value: string) => {
    const cut = Buffer.from(value).subarray(0, 255).toString();
    return value.startsWith(cut) ? cut : cut.slice(0, -1);
  };
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, kept(value)]));
}

/** Properties that describe one image only, and would be wrong on the next one. */
export function handedOn(properties: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([key]) => SYNC_REASONS.includes(key))
      .map(([key, value]) => [key, cloudWords(value)]),
  );
}

/** K5's documents use both spellings. */
const SYNC_REASONS = ["sync_status_reason", "sync_reason_status"];
