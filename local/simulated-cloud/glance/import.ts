import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import { callerOf, effectOf, type Call } from "../call.ts";
import type { Image, Zone } from "../resources.ts";
import { isoSeconds } from "../times.ts";
import { mayShow, ownImage, shownImage } from "./access.ts";
import {
  FAILED_STORES,
  type ImportTask,
  isHeld,
  LOCK,
  newTask,
  TASK_SECONDS,
} from "./import-task.ts";
import { copyToStore } from "./store-copy.ts";

const request = z.looseObject({
  method: z.looseObject({
    name: z.string(),
    glance_region: z.optional(z.string()),
    glance_image_id: z.optional(z.string()),
  }),
  stores: z.optional(z.array(z.string())),
});

/** GET /v2/info/import */
export function showImport({ world }: Call): Answer {
  const methods = { description: "Import methods available.", type: "array" };
  const value = [...world.settings.importMethods];
  return { status: 200, body: { "import-methods": { ...methods, value } } };
}

/** GET /v2/images/ID/tasks */
export function listTasks(call: Call): Answer {
  const { id } = shownImage(call);
  const tasks = call.world.importTasks.filter((task) => task.imageId === id);
  return {
    status: 200,
    body: {
      tasks: tasks.map(({ id: taskId, status, message, createdAtMs, updatedAtMs }) => ({
        id: taskId,
        image_id: id,
        type: "api_image_import",
        status,
        message,
        created_at: isoSeconds(createdAtMs),
        updated_at: isoSeconds(updatedAtMs),
      })),
    },
  };
}

/** POST /v2/images/ID/import, of the methods glance-download and copy-image. */
export function importImage(call: Call): Answer {
  const { world, zone } = call;
  const image = shownImage(call);
  const parsed = request.safeParse(call.body);
  if (!parsed.success) throw new Refusal(400, "'method' is a required property");
  const { name, glance_region: region, glance_image_id: sourceId } = parsed.data.method;
  if (!world.settings.importMethods.includes(name))
    throw new Refusal(400, `Unknown import method name '${name}'.`);
  if (name === "copy-image") return copyToStore(call, image, parsed.data.stores ?? []);
  if (name !== "glance-download") throw new Refusal(501, `${name} is not simulated`);
  if (image.status === "active")
    throw new Refusal(409, "Image with status active cannot be target for import");
  if (image.status !== "queued")
    throw new Refusal(409, `Image needs to be in 'queued' state to use '${name}' method`);
  if (image.containerFormat === null)
    throw new Refusal(409, "'container_format' needs to be set before import");
  if (image.diskFormat === null)
    throw new Refusal(409, "'disk_format' needs to be set before import");
  if (region === undefined || sourceId === undefined)
    throw new Refusal(400, "'glance_region' needs to be set for glance-download import method");
  ownImage(call);
  if (image.properties[LOCK] !== undefined)
    throw new Refusal(409, `New operation on image '${image.id}' is not permitted`);
  const task = newTask(world, image);
  world.after(TASK_SECONDS, () => begin(call, task, { zone, image, region, sourceId }));
  return { status: 202, body: {} };
}

/** Properties of the source that replace those of the copy (glance-api.conf, glance_download_properties). */
const COPIED = ["hw_", "trait:", "os_distro", "os_secure_boot", "os_type"];

interface Fetch {
  zone: Zone;
  image: Image;
  region: string;
  sourceId: string;
}

function begin(call: Call, task: ImportTask, fetch: Fetch): void {
  const { world } = call;
  if (!isHeld(task, fetch)) return;
  fetch.image.status = "importing";
  // The caller's own token reads the source.
  const isKnown = (world.identity.tokens.get(call.token?.id ?? "")?.expiresAtMs ?? 0) > world.nowMs;
  const source = isKnown ? sourceOf(call, fetch) : null;
  if (source?.status !== "active") {
    end(call, task, fetch, "HTTP Error 404: Not Found");
    return;
  }
  for (const [key, value] of Object.entries(source.properties))
    if (COPIED.some((prefix) => key.startsWith(prefix))) fetch.image.properties[key] = value;
  if (effectOf(call, "import-never-ends") !== undefined) return;
  world.after(world.settings.importSeconds(fetch.image.name ?? ""), () => {
    const isBroken = effectOf(call, "import-fails") !== undefined;
    end(call, task, fetch, isBroken ? "Task failed due to Internal Error" : null);
  });
}

function sourceOf({ world, ...call }: Call, { region, sourceId }: Fetch): Image | null {
  const isRegion = world.settings.imageServices === "regions";
  const zone = isRegion ? world.zones.find(({ name }) => name === region) : world.firstZone;
  const image = zone?.images.get(sourceId);
  const project = callerOf({ world, ...call }).project.id;
  return image !== undefined && mayShow(image, project) ? image : null;
}

/** A fetch that fails leaves the image `queued`, without the lock. With a single store the failed ones have no names. */
function end(call: Call, task: ImportTask, fetch: Fetch, problem: string | null): void {
  if (!isHeld(task, fetch)) return;
  const { world } = call;
  const { image } = fetch;
  const source = sourceOf(call, fetch);
  const failure = problem ?? (source === null ? "HTTP Error 404: Not Found" : null);
  task.updatedAtMs = world.nowMs;
  image.updatedAtMs = world.nowMs;
  delete image.properties[LOCK];
  if (failure !== null || source === null) {
    Object.assign(task, { status: "failure", message: failure });
    image.status = "queued";
    image.properties[FAILED_STORES] = "";
    return;
  }
  task.status = "success";
  const { sizeBytes, virtualSizeBytes, checksum, data, diskFormat, containerFormat } = source;
  const content = { sizeBytes, virtualSizeBytes, checksum, data, diskFormat, containerFormat };
  Object.assign(image, content, { status: "active" });
}
