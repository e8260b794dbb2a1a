import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import type { Call } from "../call.ts";
import type { Volume } from "../resources.ts";
import { volumeOf } from "./volumes.ts";

const setBody = z.object({
  "os-set_image_metadata": z.object({ metadata: z.record(z.string(), z.string()) }),
});
const unsetBody = z.object({ "os-unset_image_metadata": z.object({ key: z.string() }) });

/** Properties that images uploaded from the volume will have; also of a volume in use. */
export function setImageMetadata(call: Call): Answer {
  const volume = volumeOf(call);
  const parsed = setBody.safeParse(call.body);
  if (!parsed.success) throw new Refusal(400, "Malformed request body.");
  refuseWhileUploading(volume, "Updating");
  Object.assign(volume.imageMetadata, parsed.data["os-set_image_metadata"].metadata);
  return { status: 200, body: { metadata: volume.imageMetadata } };
}

export function unsetImageMetadata(call: Call): Answer {
  const volume = volumeOf(call);
  const parsed = unsetBody.safeParse(call.body);
  if (!parsed.success) throw new Refusal(400, "Malformed request body.");
  const { key } = parsed.data["os-unset_image_metadata"];
  if (!(key in volume.imageMetadata)) throw new Refusal(404, "Metadata item was not found.");
  refuseWhileUploading(volume, "Deleting");
  delete volume.imageMetadata[key];
  return { status: 200 };
}

function refuseWhileUploading({ status }: Volume, what: string): void {
  if (status !== "uploading") return;
  const rule = `${what} volume metadata is not allowed for volumes in uploading status.`;
  throw new Refusal(400, `Invalid volume: ${rule}`);
}
