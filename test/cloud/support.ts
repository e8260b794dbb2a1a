import { isDeepStrictEqual } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import type { CloudRequest, TestCloud } from "./sign-in.ts";

/** What to make servers and volumes of. The defaults are the lab's. */
export const FLAVOR = process.env["REGILD_TEST_FLAVOR"] ?? "lab.tiny";
export const IMAGE = process.env["REGILD_TEST_IMAGE"] ?? "lab-base";
export const NETWORK = process.env["REGILD_TEST_NETWORK"] ?? "none";
/** What a doctor may make its server of. */
export const bootFrom = { image: IMAGE, flavor: FLAVOR };
const VOLUME_GIB = Number(process.env["REGILD_TEST_VOLUME_GIB"] ?? "1");

const thing = z.object({ id: z.string(), name: z.nullable(z.string()), status: z.string() });
const image = z.looseObject({
  ...thing.shape,
  os_hidden: z.boolean(),
  visibility: z.string(),
  protected: z.boolean(),
  size: z.nullable(z.number()),
  tags: z.array(z.string()),
});
export type Thing = z.infer<typeof thing>;
/** With every property, as Glance gives them. */
export type ImageThing = z.infer<typeof image> & { region: string };

export interface Inventory {
  servers: Thing[];
  images: ImageThing[];
  volumes: Thing[];
  snapshots: Thing[];
}

/** Looks four times a second until there is an answer. */
export async function until<T>(
  what: string,
  observe: () => Promise<T | null>,
  seconds = 300,
): Promise<T> {
  const endMs = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await observe();
    if (seen !== null) return seen;
    if (Date.now() > endMs) throw new Error(`gave up waiting for ${what} after ${seconds} s`);
    await sleep(250);
  }
}

// ------------------------------------------------------------------------------------- what is there

/**
 * Everything the project owns, sorted by id, so that two inventories can be compared: hidden images,
 * every status and every region of the image service included.
 * @param mark only what has this text in its name.
 */
export async function inventory(cloud: TestCloud, mark = ""): Promise<Inventory> {
  const marked = <T extends Thing>(things: T[]): T[] =>
    things
      .filter((one) => (one.name ?? "").includes(mark))
      .toSorted((a, b) => a.id.localeCompare(b.id));
  return {
    servers: marked(await list(cloud, "compute", "/servers/detail", "servers", thing)),
    images: marked(await everyImage(cloud)),
    volumes: marked(await list(cloud, "volume", "/volumes/detail", "volumes", thing)),
    snapshots: marked(await list(cloud, "volume", "/snapshots/detail", "snapshots", thing)),
  };
}

async function everyImage(cloud: TestCloud): Promise<ImageThing[]> {
  const found: ImageThing[] = [];
  for (const region of cloud.imageRegions) {
    for (const hidden of ["true", "false"]) {
      const query = `owner=${cloud.projectId}&visibility=all&member_status=all&os_hidden=${hidden}`;
      const images = await list(cloud, "image", `/v2/images?${query}`, "images", image, region);
      found.push(...images.map((one) => ({ ...one, region })));
    }
  }
  return found;
}

const linksSchema = z.array(z.object({ rel: z.string() }));

async function list<S extends z.ZodMiniType>(
  cloud: TestCloud,
  service: CloudRequest["service"],
  path: string,
  key: string,
  schema: S,
  region?: string,
): Promise<z.infer<S>[]> {
  const limited = `${path}${path.includes("?") ? "&" : "?"}limit=1000`;
  const request = { service, path: limited, ...(region === undefined ? {} : { region }) };
  const answer = z.record(z.string(), z.unknown()).parse((await cloud.call(request)).json);
  const links = linksSchema.parse(answer[`${key}_links`] ?? []);
  // Neutron links to the page before, too, from the first page as well.
  if (answer["next"] !== undefined || links.some(({ rel }) => rel === "next")) {
    throw new Error(`more than a thousand ${key}: too many to compare`);
  }
  return z.array(schema).parse(answer[key]);
}

// -------------------------------------------------------------------------------------------- making

/** An `ACTIVE` server on a disk of its own. @param imageId default: the base image. */
export async function makeServer(
  cloud: TestCloud,
  name: string,
  imageId?: string,
): Promise<string> {
  return bootServer(cloud, name, { imageRef: imageId ?? (await idOf(cloud, "image", IMAGE)) });
}

/** An `ACTIVE` server on a boot volume `NAME-boot`, with a second volume `NAME-data`. */
export async function makeVolumeBackedServer(
  cloud: TestCloud,
  name: string,
): Promise<{ serverId: string; bootVolumeId: string; dataVolumeId: string }> {
  const [bootVolumeId, dataVolumeId] = await Promise.all([
    makeVolume(cloud, `${name}-boot`),
    makeVolume(cloud, `${name}-data`),
  ]);
  const attached = (uuid: string, index: number): object => ({
    boot_index: index,
    uuid,
    source_type: "volume",
    destination_type: "volume",
    delete_on_termination: false,
  });
  const serverId = await bootServer(cloud, name, {
    block_device_mapping_v2: [attached(bootVolumeId, 0), attached(dataVolumeId, -1)],
  });
  return { serverId, bootVolumeId, dataVolumeId };
}

/** An `available` volume holding the base image's bytes. */
export async function makeVolume(cloud: TestCloud, name: string): Promise<string> {
  const imageRef = await idOf(cloud, "image", IMAGE);
  const answer = await cloud.call({
    service: "volume",
    method: "POST",
    path: "/volumes",
    body: { volume: { name, size: VOLUME_GIB, imageRef } },
  });
  const { id } = z.object({ volume: z.object({ id: z.string() }) }).parse(answer.json).volume;
  await untilStatus(cloud, "volume", id, "available");
  return id;
}

/** An `ACTIVE` server. @param from fields of the server, as in Nova's API. */
export async function bootServer(cloud: TestCloud, name: string, from: object): Promise<string> {
  const networks = NETWORK === "none" ? "none" : [{ uuid: NETWORK }];
  const flavorRef = await idOf(cloud, "flavor", FLAVOR);
  // Nova's default quota is ten servers: the test waits for others to remove theirs.
  const answer = await until(`room for server ${name}`, async () => {
    const asked = await cloud.call({
      service: "compute",
      method: "POST",
      path: "/servers",
      body: { server: { name, flavorRef, networks, ...from } },
      expected: [202, 403],
    });
    return asked.status === 202 ? asked : null;
  });
  const { id } = z.object({ server: z.object({ id: z.string() }) }).parse(answer.json).server;
  await untilStatus(cloud, "server", id, "ACTIVE");
  return id;
}

/** An `active` image of a server, as people make them: by hand. */
export async function makeImage(cloud: TestCloud, serverId: string, name: string): Promise<string> {
  const answer = await cloud.call({
    service: "compute",
    method: "POST",
    path: `/servers/${serverId}/action`,
    body: { createImage: { name } },
  });
  const { image_id: id } = z.object({ image_id: z.string() }).parse(answer.json);
  await untilStatus(cloud, "image", id, "active");
  return id;
}

export async function protectImage(cloud: TestCloud, id: string, on: boolean): Promise<void> {
  const body = [{ op: "replace", path: "/protected", value: on }];
  const contentType = "application/openstack-images-v2.1-json-patch";
  const path = `/v2/images/${id}`;
  await cloud.call({ service: "image", method: "PATCH", path, body, contentType });
}

export async function idOf(
  cloud: TestCloud,
  kind: "image" | "flavor",
  name: string,
): Promise<string> {
  const named = z.object({ id: z.string(), name: z.nullable(z.string()) });
  const things =
    kind === "image"
      ? await list(cloud, "image", `/v2/images?name=${encodeURIComponent(name)}`, "images", named)
      : await list(cloud, "compute", "/flavors", "flavors", named);
  const found = things.find((one) => one.name === name || one.id === name);
  if (found === undefined) throw new Error(`the cloud has no ${kind} ${name} to test with`);
  return found.id;
}

// ------------------------------------------------------------------------------------ looking, waiting

const PATHS = {
  server: "/servers",
  volume: "/volumes",
  snapshot: "/snapshots",
  image: "/v2/images",
};
const SERVICES = {
  server: "compute",
  volume: "volume",
  snapshot: "volume",
  image: "image",
} as const;
type Kind = keyof typeof PATHS;

/** @returns null: 404. */
export async function observe(cloud: TestCloud, kind: Kind, id: string): Promise<Thing | null> {
  const path = `${PATHS[kind]}/${id}`;
  const answer = await cloud.call({ service: SERVICES[kind], path, expected: [200, 404] });
  if (answer.status === 404) return null;
  if (kind === "image") return image.parse(answer.json);
  return z.record(z.string(), thing).parse(answer.json)[kind] ?? null;
}

export async function untilStatus(
  cloud: TestCloud,
  kind: Kind,
  id: string,
  status: string,
): Promise<Thing> {
  return until(`${kind} ${id} to be ${status}`, async () => {
    const seen = await observe(cloud, kind, id);
    if (seen?.status.toLowerCase() === "error") throw new Error(`${kind} ${id} is in error`);
    return seen?.status === status ? seen : null;
  });
}

/** Ids of the network ports that a server has, or has left. */
export async function portsOf(cloud: TestCloud, serverId: string): Promise<string[]> {
  const path = `/v2.0/ports?device_id=${serverId}`;
  const ports = await list(cloud, "network", path, "ports", z.object({ id: z.string() }));
  return ports.map(({ id }) => id);
}

// ------------------------------------------------------------------------------------------ removing

/** Asks, and waits until it is gone. */
export async function removeNow(cloud: TestCloud, kind: Kind, id: string): Promise<void> {
  await remove(cloud, kind, id);
  await until(`${kind} ${id} to be gone`, async () =>
    (await observe(cloud, kind, id)) === null ? true : null,
  );
}

/** Asks once; what refuses for now (a volume with snapshots, an upload under way) is for another time. */
export async function remove(cloud: TestCloud, kind: Kind, id: string): Promise<void> {
  const path = `${PATHS[kind]}/${id}`;
  const expected = [202, 204, 400, 403, 404, 409];
  await cloud.call({ service: SERVICES[kind], method: "DELETE", path, expected });
}

/** Removes everything with `mark` in its name, and waits until nothing of it is listed. */
export async function removeAll(cloud: TestCloud, mark: string): Promise<void> {
  if (mark.length < 4) throw new Error(`"${mark}" is too short a mark to delete by`);
  const nothing: Inventory = { servers: [], images: [], volumes: [], snapshots: [] };
  await until(`everything named *${mark}* to be gone`, async () => {
    const left = await inventory(cloud, mark);
    if (isDeepStrictEqual(left, nothing)) return true;
    for (const { id, region, ...one } of left.images) {
      const path = `/v2/images/${id}`;
      if (one.protected) {
        const body = [{ op: "replace", path: "/protected", value: false }];
        const contentType = "application/openstack-images-v2.1-json-patch";
        await cloud.call({ service: "image", region, method: "PATCH", path, body, contentType });
      }
      const expected = [204, 404, 409];
      await cloud.call({ service: "image", region, method: "DELETE", path, expected });
    }
    for (const one of left.servers) await remove(cloud, "server", one.id);
    for (const one of left.snapshots) await remove(cloud, "snapshot", one.id);
    for (const one of left.volumes) await remove(cloud, "volume", one.id);
    return null;
  });
}

const idList = z.object({ images: z.array(z.object({ id: z.string() })) });

/** Ids of the images that a look-up of the recipe's current one by its tag finds. */
export async function currentByTag(cloud: TestCloud, recipe: string): Promise<string[]> {
  const path = `/v2/images?tag=regild-current-${recipe}`;
  const { json } = await cloud.call({ service: "image", path });
  return idList.parse(json).images.map(({ id }) => id);
}
