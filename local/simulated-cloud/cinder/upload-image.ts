import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import { takeChosenId } from "../chosen-image-id.ts";
import { newImage } from "../glance/image.ts";
import { inheritedFrom } from "../nova/snapshot-properties.ts";
import type { Volume } from "../resources.ts";
import { isoMicros } from "../times.ts";
import { startUpload } from "../uploads.ts";
import { booleanOrText } from "./booleans.ts";
import { volumeOf } from "./volumes.ts";

const DISK_FORMATS = ["raw", "vmdk", "vdi", "qcow2", "vhd", "vhdx", "ploop"] as const;
const QCOW2_BYTES = 2_490_368;
/** A broken upload's image is seen as `queued` for so long. */
const QUEUED_AGAIN_SECONDS = 0.15;
/** From the accepted request until the data flows. */
const CONVERT_SECONDS = 0.4;

const fields = {
  image_name: z.string().check(z.minLength(1), z.maxLength(255)),
  force: z.optional(booleanOrText),
  disk_format: z.optional(z.enum(DISK_FORMATS)),
  container_format: z.optional(z.string()),
};
const upTo30 = z.strictObject({ "os-volume_upload_image": z.strictObject(fields) });
const from31 = z.strictObject({
  "os-volume_upload_image": z.strictObject({
    ...fields,
    visibility: z.optional(z.enum(["private", "shared", "community", "public"])),
    protected: z.optional(booleanOrText),
  }),
});

/** No metadata may be passed; the image inherits what the volume's own image had. */
export function uploadImage(call: Call): Answer {
  const volume = volumeOf(call);
  const parsed = (call.minor >= 1 ? from31 : upTo30).safeParse(call.body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = String(issue?.path.at(-1) ?? "os-volume_upload_image");
    throw new Refusal(400, `Invalid input for field/attribute ${field}. ${issue?.message ?? ""}`);
  }
  const wish: z.infer<typeof from31>["os-volume_upload_image"] =
    parsed.data["os-volume_upload_image"];
  const { world } = call;
  if (wish.visibility === "public") {
    const policy = "volume_extension:volume_actions:upload_public";
    throw new Refusal(403, `Policy doesn't allow ${policy} to be performed.`);
  }
  const forced = wish.force === true && world.settings.forceUpload;
  const statusBefore = volume.status;
  if (statusBefore !== "available" && !(forced && statusBefore === "in-use")) {
    throw new Refusal(400, `Invalid volume: Volume ${volume.id} status must be available`);
  }
  const diskFormat = wish.disk_format ?? "raw";
  const properties = inheritedFrom(volume);
  const id = takeChosenId(
    world,
    properties,
    (taken) => new Refusal(400, `HTTP 409 Conflict: Image ID ${taken} already exists!`),
  );
  const image = newImage(world, {
    ...(id === undefined ? {} : { id }),
    name: wish.image_name,
    visibility: wish.visibility ?? (call.minor >= 1 ? "private" : "shared"),
    protected: wish.protected ?? false,
    projectId: callerOf(call).project.id,
    diskFormat,
    containerFormat: wish.container_format ?? "bare",
    properties,
  });
  world.addImage(world.firstZone, image);
  volume.status = "uploading";
  volume.updatedAtMs = world.nowMs;
  const sizeBytes = diskFormat === "raw" ? volume.sizeGib * 2 ** 30 : QCOW2_BYTES;
  startUpload(call, {
    zone: world.firstZone,
    imageId: image.id,
    sizeBytes,
    startsInSeconds: CONVERT_SECONDS + world.settings.queuedSeconds,
    queuedAgainSeconds: QUEUED_AGAIN_SECONDS,
    whenActive: () => {
      image.virtualSizeBytes = volume.sizeGib * 2 ** 30;
    },
    ended: (end) => {
      // Another server may have come or gone meanwhile.
      volume.status = volume.attachments.length > 0 ? "in-use" : "available";
      volume.updatedAtMs = world.nowMs;
      if (end === "broken") recordFailure(call, volume);
    },
  });
  return {
    status: 202,
    body: {
      "os-volume_upload_image": {
        id: volume.id,
        updated_at: isoMicros(volume.updatedAtMs),
        status: "uploading",
        display_description: null,
        size: volume.sizeGib,
        volume_type: { id: "simulated", name: "simulated", extra_specs: {} },
        image_id: image.id,
        container_format: image.containerFormat,
        disk_format: diskFormat,
        image_name: image.name,
        protected: image.protected,
        visibility: image.visibility,
      },
    },
  };
}

function recordFailure(call: Call, volume: Volume): void {
  const { world } = call;
  world.messages.unshift({
    id: world.newId(),
    projectId: volume.projectId,
    eventId: "VOLUME_VOLUME_003_004",
    text: "copy volume to image:Failed to upload volume to image at backend.",
    resourceType: "VOLUME",
    resourceId: volume.id,
    requestId: call.requestId,
    createdAtMs: world.nowMs,
  });
}
