import { Refusal, type Answer } from "../answers.ts";
import { effectOf, type Call } from "../call.ts";
import type { Image } from "../resources.ts";
import {
  FAILED_STORES,
  type ImportTask,
  isHeld,
  LOCK,
  newTask,
  TASK_SECONDS,
} from "./import-task.ts";

const IMPORTING = "os_glance_importing_to_stores";

/** GET /v2/info/stores: 404 where there is one store alone. */
export function showStores({ world }: Call): Answer {
  const { stores } = world.settings;
  if (stores.length === 0) throw new Refusal(404, "Multi backend is not supported at this site.");
  const body = stores.map((id, index) => ({ id, ...(index === 0 && { default: "true" }) }));
  return { status: 200, body: { stores: body } };
}

/** The method copy-image, to one store. Checks in the order of glance/api/v2/images.py, import_image (seen on 2026.2). */
export function copyToStore(call: Call, image: Image, [store]: readonly string[]): Answer {
  const { world, zone } = call;
  const { stores, mayCopyImages } = world.settings;
  if (image.status !== "active")
    throw new Refusal(409, "Only images with status active can be targeted for copying");
  if (!mayCopyImages)
    throw new Refusal(403, "You are not authorized to complete copy_image action.");
  if (image.properties[LOCK] !== undefined) throw new Refusal(409, "Image has active task");
  if (store === undefined || !stores.includes(store))
    throw new Refusal(409, `Store for identifier ${store ?? ""} not found`);
  if (image.stores.includes(store))
    throw new Refusal(400, `Image is already present at store '${store}'`);
  const task = newTask(world, image);
  world.after(TASK_SECONDS, () => {
    if (!isHeld(task, { zone, image })) return;
    Object.assign(image.properties, { [IMPORTING]: store, [FAILED_STORES]: "" });
    if (effectOf(call, "import-never-ends") !== undefined) return;
    world.after(world.settings.importSeconds(image.name ?? ""), () => {
      if (isHeld(task, { zone, image })) end(call, task, image, store);
    });
  });
  return { status: 202, body: {} };
}

function end(call: Call, task: ImportTask, image: Image, store: string): void {
  const isBroken = effectOf(call, "import-fails") !== undefined;
  delete image.properties[LOCK];
  image.properties[IMPORTING] = "";
  task.updatedAtMs = call.world.nowMs;
  image.updatedAtMs = call.world.nowMs;
  if (isBroken) {
    Object.assign(task, { status: "failure", message: "Task failed due to Internal Error" });
    image.properties[FAILED_STORES] = store;
    return;
  }
  task.status = "success";
  image.stores.push(store);
}
