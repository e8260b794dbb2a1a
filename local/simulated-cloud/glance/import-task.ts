import type { Image, Zone } from "../resources.ts";
import type { World } from "../world.ts";

/** One import into an image, as the image's tasks show it. */
export interface ImportTask {
  id: string;
  imageId: string;
  status: "processing" | "success" | "failure";
  message: string;
  createdAtMs: number;
  updatedAtMs: number;
}

/** Held by the import that is under way. */
export const LOCK = "os_glance_import_task";
export const FAILED_STORES = "os_glance_failed_import";
/** From the answer until the task begins. */
export const TASK_SECONDS = 0.1;

/** Takes the lock. */
export function newTask(world: World, image: Image): ImportTask {
  const at = { createdAtMs: world.nowMs, updatedAtMs: world.nowMs };
  const task: ImportTask = {
    id: world.newId(),
    imageId: image.id,
    status: "processing",
    message: "",
    ...at,
  };
  world.importTasks.push(task);
  image.properties[LOCK] = task.id;
  return task;
}

/** False if somebody deleted the image meanwhile. */
export function isHeld({ id }: ImportTask, { zone, image }: { zone: Zone; image: Image }): boolean {
  return zone.images.get(image.id) === image && image.properties[LOCK] === id;
}
