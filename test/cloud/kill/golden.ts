import type { TestCloud } from "../sign-in.ts";
import { makeServer, makeVolume, makeVolumeBackedServer } from "../support.ts";
import { IMAGE_NAME } from "./calls.ts";

const STOPPED = { prepare: { stop_server: true } };
const QCOW2 = { disk_format: "qcow2" };

/** What the host refreshes, over and over: every way of taking an image, several at once. */
const GOLDEN = {
  web: { of: "server", keep: 2, fields: STOPPED },
  app: { of: "server", keep: 1, fields: STOPPED },
  db: { of: "volume-backed server", keep: 1, fields: STOPPED },
  erp: { of: "volume-backed server", keep: 2, fields: {} },
  root: {
    of: "volume-backed server",
    keep: 1,
    fields: { capture: "root_volume", image: QCOW2, ...STOPPED },
  },
  data: { of: "volume", keep: 1, fields: { image: QCOW2 } },
  snap: { of: "volume", keep: 1, fields: { capture: "snapshot", image: QCOW2 } },
} as const;

/**
 * Makes servers and volumes, each named as its recipe.
 * @returns the recipes, as in recipes.yml.
 */
export async function makeGolden(
  cloud: TestCloud,
  cloudName: string,
  mark: string,
): Promise<Record<string, object>> {
  const made = Object.entries(GOLDEN).map(async ([short, { of, keep, fields }]) => {
    const name = `${mark}-${short}`;
    if (of === "server") await makeServer(cloud, name);
    else if (of === "volume") await makeVolume(cloud, name);
    else await makeVolumeBackedServer(cloud, name);
    const image = { ...("image" in fields ? fields.image : {}), name: IMAGE_NAME };
    const source = of === "volume" ? { volume: name } : { server: name };
    return [
      name,
      { cloud: cloudName, keep, cooling_off: "0s", ...source, ...fields, image },
    ] as const;
  });
  return Object.fromEntries(await Promise.all(made));
}
