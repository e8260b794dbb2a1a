import { callerOf, type Call } from "../call.ts";
import type { Volume } from "../resources.ts";

/** Cinder keeps these beside the properties of the image that a volume was made from. */
const VOLUME_ONLY = new Set([
  "image_id",
  "image_name",
  "checksum",
  "container_format",
  "disk_format",
  "min_disk",
  "min_ram",
  "size",
]);

/** Nova keeps an image's properties with the server, so much of each (nova/utils.py, get_system_metadata_from_image). */
const KEPT_BYTES = 255;

/** The properties of an image that a server booted from it hands on to its own images. Seen on Zed: cut, with no word. */
export function keptByServer(properties: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => {
      const kept = Buffer.from(value).subarray(0, KEPT_BYTES).toString();
      return [key, value.startsWith(kept) ? kept : kept.slice(0, -1)];
    }),
  );
}

/** Properties that every snapshot gets; what the caller passes wins over them. */
export function snapshotProperties(call: Call): Record<string, string> {
  const { user, project } = callerOf(call);
  return {
    owner_user_name: user.name,
    owner_project_name: project.name,
    boot_roles: "member,reader",
  };
}

/** What an image uploaded from, or snapshotted off, this volume inherits. */
export function inheritedFrom(volume: Volume | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(volume?.imageMetadata ?? {}).filter(([key]) => !VOLUME_ONLY.has(key)),
  );
}
