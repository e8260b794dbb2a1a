import { effectOf, type Call } from "./call.ts";
import { activate } from "./glance/image.ts";
import type { Image, Zone } from "./resources.ts";

/** From a server's or a volume's point of view. `lost`: somebody deleted the image meanwhile. */
export type UploadEnd = "done" | "broken" | "lost";

interface Upload {
  /** Where the image is. */
  zone: Zone;
  imageId: string;
  sizeBytes: number;
  /** Until the data begins to flow. */
  startsInSeconds: number;
  /** Cinder gives the image back as `queued` for so long before deleting it; Nova deletes at once. */
  queuedAgainSeconds: number;
  /** Right when the image is active. */
  whenActive?: (image: Image) => void;
  /** The source's own status may end now: a moment after the image's. */
  ended: (end: UploadEnd) => void;
}

/** Carries an image's data to Glance: `queued`, `saving`, `active`, unless something is to go wrong. */
export function startUpload(call: Call, upload: Upload): void {
  const { world } = call;
  const { zone } = upload;
  const image = zone.images.get(upload.imageId);
  if (image === undefined) return;
  const uploadSeconds = world.settings.uploadSeconds(image.name ?? "");
  const vanishing = effectOf(call, "image-vanishes");
  if (vanishing !== undefined) {
    world.after(vanishing.afterSeconds, () => world.removeImage(zone, image.id));
  }
  world.after(upload.startsInSeconds, () => {
    image.status = effectOf(call, "unknown-status")?.status ?? "saving";
    if (!tokenHolds(call)) {
      breakUpload(call, zone, image, upload);
      return;
    }
    if (effectOf(call, "upload-never-ends") !== undefined) return;
    const tags = [...image.tags];
    const loaded = writable(image);
    world.after(uploadSeconds, () => {
      Object.assign(image, loaded);
      endUpload(call, zone, image, upload);
      world.after(TAGS_LATER_SECONDS, () => {
        image.tags = tags;
      });
    });
  });
}

/**
 * Nova and Cinder hand the caller's own token to Glance, which checks it when the data begins to arrive;
 * service tokens would spare it (`[service_user] send_service_user_token`, off by default).
 */
function tokenHolds({ world, token }: Call): boolean {
  const known = world.identity.tokens.get(token?.id ?? "");
  return known !== undefined && known.expiresAtMs > world.nowMs;
}

/** Tags are written by a transaction of their own. */
const TAGS_LATER_SECONDS = 0.05;

/** Glance reads these when the data begins to arrive, and writes them back at its end: later changes are lost. */
function writable(image: Image): Partial<Image> {
  const { name, visibility, protected: isProtected, hidden, minDiskGib, minRamMib } = image;
  return {
    name,
    visibility,
    protected: isProtected,
    hidden,
    minDiskGib,
    minRamMib,
    properties: { ...image.properties },
  };
}

function endUpload(call: Call, zone: Zone, image: Image, upload: Upload): void {
  const { world } = call;
  const lagSeconds = world.settings.statusLagSeconds;
  if (!zone.images.has(image.id)) {
    world.after(lagSeconds, () => upload.ended("lost"));
  } else if (effectOf(call, "upload-reverts") !== undefined) {
    image.status = "queued";
    world.after(lagSeconds, () => upload.ended("broken"));
  } else if (
    effectOf(call, "upload-breaks") !== undefined ||
    (image.diskFormat !== null && image.diskFormat === world.settings.refusedDiskFormat)
  ) {
    breakUpload(call, zone, image, upload);
  } else {
    activate(world, image, { sizeBytes: upload.sizeBytes, text: image.id });
    upload.whenActive?.(image);
    if (zone === world.firstZone) synchronise(call, image);
    world.after(lagSeconds, () => upload.ended("done"));
  }
}

function breakUpload({ world }: Call, zone: Zone, image: Image, upload: Upload): void {
  image.status = "queued";
  world.after(upload.queuedAgainSeconds, () => {
    world.removeImage(zone, image.id);
    upload.ended("broken");
  });
}

/** Brings an active image of the first zone to the others, where the operator arranged that. */
export function synchronise(call: Call, image: Image): void {
  const { world } = call;
  const failing = effectOf(call, "sync-fails");
  const { syncSeconds } = world.settings;
  if (failing !== undefined) {
    world.after(failing.afterSeconds ?? syncSeconds ?? 0, () => {
      image.properties[failing.property] =
        failing.reason ?? `ERROR:A timeout occurred image_id=${image.id}`;
    });
  }
  if (syncSeconds !== null && (failing === undefined || failing.ofAnotherZone === true)) {
    world.after(syncSeconds, () => {
      if (!world.firstZone.images.has(image.id)) return;
      for (const zone of world.zones) {
        if (zone.images.has(image.id)) continue;
        world.addImage(zone, {
          ...image,
          tags: [...image.tags],
          stores: [...image.stores],
          properties: { ...image.properties },
          members: new Map(image.members),
        });
      }
    });
  }
}
