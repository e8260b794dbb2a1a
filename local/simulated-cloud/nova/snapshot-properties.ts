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
