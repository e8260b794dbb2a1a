import { Refusal, type Answer } from "../answers.ts";
import { effectOf, type Call } from "../call.ts";
import type { Image } from "../resources.ts";
import type { World } from "../world.ts";
import { ownImage, shownImage } from "./access.ts";
import { activate } from "./image.ts";

/** Says that the rest of the content comes later: of a request whose body is not there yet. */
export const COMES_LATER = "x-simulated-content";

/** Content on its way into an image. One end is enough; further ones do nothing. */
export interface Arriving {
  seconds: number;
  /** All of it is there. */
  end: (text: string) => Answer | Refusal | null;
  /** The connection broke: the image is `queued` again (glance/api/v2/image_data.py, _restore; seen on 2026.2). */
  cut: () => void;
}

/** PUT /v2/images/ID/file: at once, or in the course of time. */
export function uploadData(call: Call): Answer {
  const { world, headers, zone } = call;
  const image = ownImage(call);
  if (headers["content-type"] !== "application/octet-stream") {
    const type = headers["content-type"] ?? "";
    throw new Refusal(415, `The request media type ${type} is not supported by this server.`);
  }
  if (image.diskFormat === null || image.containerFormat === null) {
    const rule = "Properties disk_format, container_format must be set prior to saving data.";
    throw new Refusal(400, rule);
  }
  if (image.status !== "queued") {
    const move = `from ${image.status} to saving`;
    throw new Refusal(409, `Image status transition ${move} is not allowed`);
  }
  if (headers[COMES_LATER] !== undefined) {
    image.status = "saving";
    world.arriving.set(`${zone.name} ${image.id}`, arriving(call, image));
    return { status: 100 };
  }
  if (world.settings.inspectsContent && image.diskFormat === "qcow2") {
    if (!call.text.startsWith("QFI\xfb"))
      throw new Refusal(415, "Image content does not match disk_format qcow2");
  }
  take(world, image, call.text);
  return { status: 204 };
}

function arriving(call: Call, image: Image): Arriving {
  const { world, zone } = call;
  let isOver = false;
  const isLost = () => zone.images.get(image.id) !== image;
  const cut = () => {
    if (!isOver && !isLost()) image.status = "queued";
    isOver = true;
  };
  return {
    seconds: world.settings.contentSeconds(image.name ?? ""),
    cut,
    end: (text) => {
      if (isOver || effectOf(call, "content-stays") !== undefined) return null;
      const sizeBytes = Number(call.headers["content-length"]);
      const isWhole = sizeBytes === Buffer.byteLength(text) || sizeBytes > MOST_BYTES;
      const isBroken = effectOf(call, "content-breaks") !== undefined;
      if (!isWhole || isBroken) {
        cut();
        return isBroken ? new Refusal(500, "The server has either erred") : null;
      }
      isOver = true;
      if (isLost()) return new Refusal(410, `Image ${image.id} could not be found after upload.`);
      take(world, image, text, sizeBytes);
      return { status: 204 };
    },
  };
}

function take(world: World, image: Image, text: string, sizeBytes = Buffer.byteLength(text)): void {
  const data = text.replace(/\0+$/u, "");
  image.data = data;
  image.virtualSizeBytes = sizeBytes;
  activate(world, image, { sizeBytes, text: data });
}

export function downloadData(call: Call): Answer {
  const image = shownImage(call);
  if (image.status === "queued") return { status: 204 };
  if (image.status === "deactivated") {
    const message = "The requested image has been deactivated. Image data download is forbidden.";
    throw new Refusal(403, message);
  }
  return {
    status: 200,
    headers: { "content-type": "application/octet-stream" },
    text: contentOf(image),
  };
}

/** Of larger images, the end is left out on the way. */
const MOST_BYTES = 8 * 1024 * 1024;

/** What Nova and Cinder upload is known by the image's id alone, and as long as they say. */
function contentOf({ id, data, sizeBytes }: Image): string {
  const text = data ?? id;
  const missing = (sizeBytes ?? 0) - Buffer.byteLength(text);
  return missing > 0 && missing < MOST_BYTES ? text + "\0".repeat(missing) : text;
}
