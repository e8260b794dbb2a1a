import { setTimeout as sleep } from "node:timers/promises";
import type { TestCloud } from "./sign-in.ts";
import { type ImageThing, inventory } from "./support.ts";

/**
 * Registers new images in a second image service, as clouds with several zones do. The lab's image services know nothing
 * of each other.
 */
export interface Registrar extends AsyncDisposable {
  /** Ids of the images that it has met, in the order in which they became active. */
  met: string[];
}

/** @param verdict of the so-manieth image, from 1: why the registration fails; null: it does not. */
export function registerImages(
  cloud: TestCloud,
  { mark, from, to }: { mark: string; from: string; to: string },
  verdict: (nth: number) => string | null,
): Registrar {
  const met: string[] = [];
  const over = new AbortController();
  const work = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const { images } = await inventory(cloud, mark);
      for (const image of images) {
        const isNew = image.region === from && image.status === "active" && !met.includes(image.id);
        if (!isNew) continue;
        met.push(image.id);
        const reason = verdict(met.length);
        if (reason === null) await copy(cloud, image, to);
        else await report(cloud, image, reason);
      }
      await sleep(500);
    }
  };
  const done = work();
  return {
    met,
    [Symbol.asyncDispose]: async () => {
      over.abort();
      await done;
    },
  };
}

export async function report(cloud: TestCloud, image: ImageThing, reason: string): Promise<void> {
  await cloud.call({
    service: "image",
    region: image.region,
    method: "PATCH",
    path: `/v2/images/${image.id}`,
    contentType: "application/openstack-images-v2.1-json-patch",
    body: [{ op: "add", path: "/sync_status_reason", value: reason }],
  });
}

async function copy(cloud: TestCloud, image: ImageThing, to: string): Promise<void> {
  const { id, name, region } = image;
  const disk_format = image["disk_format"];
  const container_format = image["container_format"];
  const body = { id, name, disk_format, container_format };
  await cloud.call({ service: "image", region: to, method: "POST", path: "/v2/images", body });
  await cloud.copyContent(id, region, to);
}
