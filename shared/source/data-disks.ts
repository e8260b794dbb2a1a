import type { Server, Volume } from "../cloud-ports.ts";
import type { Problem } from "../context.ts";
import { cloudWords } from "../plain-text.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { Source } from "../run/record.ts";

/** IMS takes no larger data disk. Source: Image Management Service user guide, "Creating a Data Disk Image from an ECS". */
const MAX_GIB = 1024;

interface Disk {
  volume: Volume;
  /** `/dev/vdb`; null: the cloud does not tell. */
  device: string | null;
}

/**
 * The data disks of a server: all its volumes but the one that it boots from, in the order of their devices.
 * @returns a problem if they cannot be told for certain, or IMS takes no images of them in one request.
 */
export function dataDisks(
  { name }: Pick<Recipe, "name">,
  server: Server,
  volumes: readonly Volume[],
): { volumes: Volume[]; disks: Source["disks"] } | Problem {
  const single = "write one recipe for each disk, with volume: and capture: data_disk";
  const unseen = server.volumeIds.find((id) => !volumes.some((volume) => volume.id === id));
  if (unseen !== undefined) {
    return {
      code: "data-disk-unfit",
      message: `Server ${server.name} has volume ${unseen}, which these credentials cannot see`,
      remedy: `Use credentials of the volume's project, or ${single}`,
    };
  }
  const all = volumes.map((volume): Disk => ({ volume, device: deviceOf(volume, server.id) }));
  const boot = bootDisk(server, all);
  if (boot === "unclear") {
    return {
      code: "data-disk-unfit",
      message: `Which volume server ${server.name} boots from cannot be told from its other volumes`,
      remedy: `Instead of ${name}, ${single}`,
    };
  }
  const disks = all.filter((disk) => disk !== boot).toSorted(byDevice);
  if (disks.length === 0) {
    return {
      code: "no-data-disks",
      message: `Server ${server.name} has no data disk`,
      remedy: `Attach one, or write ${name}.capture: system_disk`,
    };
  }
  const unfit = disks.flatMap((disk) => unfitness(disk, server, disks) ?? [])[0];
  if (unfit !== undefined) {
    return {
      code: "data-disk-unfit",
      message: `Server ${server.name} has a data disk that no image can be taken of: ${unfit}`,
      remedy: `Instead of ${name}, ${single}`,
    };
  }
  return {
    volumes: disks.map(({ volume }) => volume),
    disks: disks.map(({ volume, device }) => ({ volumeId: volume.id, device: labelOf(device) })),
  };
}

function deviceOf({ attachments }: Volume, serverId: string): string | null {
  return attachments.find((each) => each.serverId === serverId)?.device ?? null;
}

/**
 * The bootable volume at the first device; without one there, the only bootable volume. Null: the server boots from a
 * disk that is no volume.
 */
function bootDisk(server: Server, disks: readonly Disk[]): Disk | null | "unclear" {
  const bootable = disks.filter(({ volume }) => volume.bootable);
  const [first, ...others] = disks.filter(({ device }) => /^\/dev\/\w*da$/.test(device ?? ""));
  if (first !== undefined) return first.volume.bootable && others.length === 0 ? first : "unclear";
  // Some clouds show an image of a server that boots from a volume, too.
  if (server.imageId !== null) return bootable.length === 0 ? null : "unclear";
  const [only] = bootable;
  return only !== undefined && bootable.length === 1 ? only : "unclear";
}

function byDevice(a: Disk, b: Disk): number {
  const [x, y] = [a.device ?? "", b.device ?? ""];
  // vdz comes before vdaa.
  return x.length - y.length || (x < y ? -1 : x > y ? 1 : 0);
}

/** `vdb` of `/dev/vdb`: part of the image's name. */
function labelOf(device: string | null): string {
  return /^\/dev\/([a-z0-9]{1,16})$/.exec(device ?? "")?.[1] ?? "";
}

function unfitness({ volume, device }: Disk, server: Server, all: readonly Disk[]): string | null {
  const label = labelOf(device);
  const told = `volume ${cloudWords(volume.name || volume.id, 255)}`;
  if (label === "")
    return `the cloud does not tell the device of ${told}, so its image has no name`;
  if (all.filter((disk) => labelOf(disk.device) === label).length > 1)
    return `several volumes have the device ${label}`;
  if (volume.attachments.some(({ serverId }) => serverId !== server.id))
    return `${told} is attached to another server as well`;
  if (volume.status.startsWith("error")) return `${told} is ${volume.status}`;
  return volume.sizeGib > MAX_GIB
    ? `${told} has ${volume.sizeGib} GiB, and IMS takes data disks of ${MAX_GIB} at most`
    : null;
}
