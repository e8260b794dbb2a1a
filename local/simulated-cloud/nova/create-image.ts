import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import { newImage } from "../glance/image.ts";
import type { Server } from "../resources.ts";
import { startUpload } from "../uploads.ts";
import { beginAction, checkState, endAction, serverOf } from "./server.ts";
import { snapshotProperties } from "./snapshot-properties.ts";
import { chosenId, unexpected } from "./chosen-id.ts";
import { imageOfVolumes } from "./volume-backed-image.ts";

const IMAGEABLE = ["active", "stopped", "paused", "suspended"];
const METADATA_QUOTA = 128;
/** Nova left counting metadata to Glance with 2.39. */
const UNLIMITED_MINOR = 39;
const GLANCE_PROPERTY_QUOTA = 128;
const IMAGE_BYTES = 2_490_368;

const createImageBody = z.strictObject({
  createImage: z.strictObject({
    name: z.string().check(z.minLength(1), z.maxLength(255)),
    metadata: z.optional(
      z.record(
        z.string().check(z.regex(/^[a-zA-Z0-9-_:. ]{1,255}$/u)),
        z.string().check(z.maxLength(255)),
      ),
    ),
  }),
});

/** The image's id is in `Location` below microversion 2.45, in the body from then on. */
export function createImage(call: Call): Answer {
  const server = serverOf(call);
  const { name, metadata } = wishOf(call);
  checkState(server, "createImage", IMAGEABLE);
  const imageId =
    server.imageId === null
      ? imageOfVolumes(call, server, name, metadata)
      : imageOfDisk(call, server, name, metadata);
  if (call.minor >= 45) return { status: 202, body: { image_id: imageId } };
  const { baseUrl, firstZone } = call.world;
  return {
    status: 202,
    headers: {
      "content-type": "text/html; charset=UTF-8",
      location: `${baseUrl}/image/${firstZone.name}/images/${imageId}`,
    },
  };
}

function wishOf(call: Call): { name: string; metadata: Record<string, string> } {
  const parsed = createImageBody.safeParse(call.body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = String(issue?.path.at(-1) ?? "createImage");
    throw new Refusal(400, `Invalid input for field/attribute ${field}. ${issue?.message ?? ""}`);
  }
  const { name, metadata = {} } = parsed.data.createImage;
  // Characters beyond the BMP are not printable to Nova.
  if (name.trim() !== name || /[\p{Cc}\u{10000}-\u{10FFFF}]/u.test(name)) {
    const rule = "The name must be: printable characters. Can not start or end with whitespace.";
    throw new Refusal(400, `An invalid 'name' value was provided. ${rule}`);
  }
  if (call.minor < UNLIMITED_MINOR && Object.keys(metadata).length > METADATA_QUOTA) {
    throw new Refusal(403, "Image metadata limit exceeded");
  }
  // Handed to glanceclient as arguments it has already: nobody catches that.
  if (["min_ram", "protected"].some((key) => key in metadata)) {
    throw unexpected("TypeError");
  }
  return { name, metadata };
}

function imageOfDisk(
  call: Call,
  server: Server,
  name: string,
  metadata: Record<string, string>,
): string {
  const { world } = call;
  const { settings } = world;
  const properties = {
    ...server.bootProperties,
    ...snapshotProperties(call),
    base_image_ref: server.imageId ?? "",
    instance_uuid: server.id,
    user_id: callerOf(call).user.id,
    image_type: "snapshot",
    ...metadata,
  };
  if (Object.keys(properties).length > GLANCE_PROPERTY_QUOTA) {
    throw unexpected("glanceclient.exc.HTTPOverLimit");
  }
  const image = newImage(world, {
    ...chosenId(world, properties),
    name,
    visibility: "private",
    projectId: server.projectId,
    minDiskGib: world.flavors.find(({ id }) => id === server.flavorId)?.diskGib ?? 1,
    properties,
  });
  world.addImage(world.firstZone, image);
  const action = beginAction(call, server, "createImage", "compute_snapshot_instance");
  walkTasks(call, server, () => {
    image.name = name;
    image.diskFormat = "qcow2";
    image.containerFormat = "bare";
    image.properties["image_location"] = "snapshot";
    image.properties["image_state"] = "available";
    image.properties["owner_id"] = server.projectId;
  });
  startUpload(call, {
    zone: world.firstZone,
    imageId: image.id,
    sizeBytes: IMAGE_BYTES,
    startsInSeconds: settings.captureSeconds + settings.queuedSeconds,
    queuedAgainSeconds: 0,
    whenActive: () => {
      image.virtualSizeBytes = image.minDiskGib * 2 ** 30;
    },
    ended: (end) => {
      if (server.taskState === "image_uploading") server.taskState = null;
      server.updatedAtMs = world.nowMs;
      endAction(world, action, end === "broken");
    },
  });
  return image.id;
}

/** @param describe what Nova writes on the image right before its data: the name it was created with, too. */
function walkTasks(call: Call, server: Server, describe: () => void): void {
  const seconds = call.world.settings.captureSeconds;
  const walk = [
    "image_snapshot_pending",
    "image_snapshot",
    "image_pending_upload",
    "image_uploading",
  ];
  server.taskState = "image_snapshot_pending";
  for (const [index, task] of walk.entries()) {
    const before = walk[index - 1];
    if (before === undefined) continue;
    call.world.after((seconds * index) / walk.length, () => {
      if (server.taskState === before) server.taskState = task;
      if (index === walk.length - 1) describe();
    });
  }
}
