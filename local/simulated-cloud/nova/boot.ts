import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import { volumeImageMetadata } from "../cinder/volumes.ts";
import type { BootOutcome, Image, Server, Snapshot, Volume } from "../resources.ts";
import { attach, beginAction, endAction, serverBody } from "./server.ts";
import { keptByServer } from "./snapshot-properties.ts";

const bootBody = z.object({
  server: z.object({
    name: z.string().check(z.minLength(1), z.maxLength(255)),
    flavorRef: z.string(),
    imageRef: z.optional(z.string()),
    metadata: z.optional(z.record(z.string(), z.string())),
    availability_zone: z.optional(z.string()),
    networks: z.optional(
      z.union([z.enum(["none", "auto"]), z.array(z.object({ uuid: z.string() }))]),
    ),
    block_device_mapping_v2: z.optional(
      z.array(
        z.object({
          uuid: z.string(),
          source_type: z.enum(["volume", "image", "snapshot"]),
          destination_type: z.literal("volume"),
          boot_index: z.optional(z.union([z.int(), z.string(), z.null()])),
          delete_on_termination: z.optional(z.boolean()),
          volume_size: z.optional(z.int()),
        }),
      ),
    ),
  }),
});
type Mapping = NonNullable<z.infer<typeof bootBody>["server"]["block_device_mapping_v2"]>[number];

/** POST /servers: from an image, from volumes that are there already, or from volumes that Nova makes for it. */
export function bootServer(call: Call): Answer {
  const parsed = bootBody.safeParse(call.body);
  if (!parsed.success) throw new Refusal(400, "Invalid input for field/attribute server.");
  const { world } = call;
  const wish = parsed.data.server;
  if (!world.flavors.some(({ id }) => id === wish.flavorRef))
    throw new Refusal(400, `Flavor ${wish.flavorRef} could not be found.`);
  if (world.servers.size >= world.settings.instanceQuota)
    throw new Refusal(403, `Quota exceeded for instances: Requested 1, but already used all`);
  const addresses = addressesFor(call, wish.networks);
  const image = wish.imageRef === undefined ? null : bootableImage(call, wish.imageRef);
  const mappings = wish.block_device_mapping_v2 ?? [];
  const sources = mappings.map((mapping) => sourceOf(call, mapping));
  const volumes = sources.map((source) => volumeFor(call, source, wish.name));
  const { user, project } = callerOf(call);
  const server: Server = {
    id: world.newId(),
    name: wish.name,
    projectId: project.id,
    userId: user.id,
    vmState: "building",
    taskState: "spawning",
    locked: false,
    flavorId: wish.flavorRef,
    imageId: image?.id ?? null,
    bootProperties: keptByServer(image?.properties),
    volumes: [],
    metadata: { ...wish.metadata },
    faultMessage: null,
    guest: { outcome: outcomeOf(call, image, mappings), sinceMs: null },
    availabilityZone: wish.availability_zone ?? null,
    addresses,
    createdAtMs: world.nowMs,
    updatedAtMs: world.nowMs,
    actions: [],
  };
  const action = beginAction(call, server, "create", "compute__do_build_and_run_instance");
  for (const [index, volume] of volumes.entries()) {
    const bootIndex = mappings[index]?.boot_index ?? null;
    attach(world, server, volume, bootIndex === null ? null : Number(bootIndex));
    const attached = server.volumes.at(-1);
    const goes = mappings[index]?.delete_on_termination === true;
    if (attached !== undefined) attached.goesWithServer = goes;
  }
  world.servers.set(server.id, server);
  world.note("created", "server", server.id, server.name);
  world.after(world.settings.bootSeconds, () => {
    if (server.taskState !== "spawning" || server.guest === undefined) return;
    server.taskState = null;
    server.updatedAtMs = world.nowMs;
    const isPlaced = server.guest.outcome !== "no-host";
    server.vmState = isPlaced ? "active" : "error";
    if (isPlaced) server.guest.sinceMs = world.nowMs;
    else server.faultMessage = "No valid host was found. There are not enough hosts available.";
    endAction(world, action, !isPlaced);
  });
  const links = serverBody(call, server)["links"];
  return { status: 202, body: { server: { id: server.id, links, adminPass: "simulated" } } };
}

/** Of documentation (RFC 5737). */
const ADDRESSES = Array.from({ length: 254 }, (_, index) => `192.0.2.${index + 1}`);

/** One port in each network, with an address that no other server has: a probe would ask that one. */
function addressesFor(
  { world }: Call,
  wished: z.infer<typeof bootBody>["server"]["networks"],
): Record<string, string> {
  if (!Array.isArray(wished)) return {};
  const taken = new Set(
    [...world.servers.values()].flatMap(({ addresses: of = {} }) => Object.values(of)),
  );
  const free = ADDRESSES.filter((address) => !taken.has(address));
  const addresses = wished.map(({ uuid }, index) => {
    const network = world.networks.find(({ id }) => id === uuid);
    if (network === undefined) throw new Refusal(400, `Network ${uuid} could not be found.`);
    const address = free[index];
    if (address === undefined) throw new Refusal(400, "No fixed IP addresses available");
    return [network.name, address] as const;
  });
  return Object.fromEntries(addresses);
}

function bootableImage(call: Call, id: string): Image {
  const image = call.world.firstZone.images.get(id);
  if (image === undefined) throw new Refusal(400, "Can not find requested image");
  if (image.status !== "active") throw new Refusal(400, `Image ${id} is not active.`);
  return image;
}

/** Of the image, or of the one whose content lies in the snapshots. */
function outcomeOf({ world }: Call, image: Image | null, mappings: Mapping[]): BootOutcome {
  const ids = mappings.map(({ uuid }) => uuid);
  const from =
    image?.id ??
    [...world.firstZone.images.values()].find(
      ({ id, properties }) =>
        ids.includes(id) ||
        ids.some((each) => (properties["block_device_mapping"] ?? "").includes(each)),
    )?.id;
  return from === undefined ? "boots" : world.settings.bootOutcome(from);
}

export function freeVolume(call: Call, id: string): Volume {
  const volume = call.world.volumes.get(id);
  if (volume === undefined) throw new Refusal(400, `Volume ${id} could not be found.`);
  if (volume.status !== "available") {
    const state = `status must be 'available'. Currently in '${volume.status}'`;
    throw new Refusal(400, `Invalid volume: volume ${id} ${state}`);
  }
  return volume;
}

interface Source {
  mapping: Mapping;
  volume?: Volume;
  snapshot?: Snapshot;
  image?: Image;
}

/** Nova looks at every source before it makes a volume: nova/compute/api.py, `_validate_bdm`. */
function sourceOf(call: Call, mapping: Mapping): Source {
  const { uuid, source_type: from } = mapping;
  if (from === "volume") return { mapping, volume: freeVolume(call, uuid) };
  if (from === "image") return { mapping, image: bootableImage(call, uuid) };
  const snapshot = call.world.snapshots.get(uuid);
  if (snapshot === undefined)
    throw new Refusal(400, `Block Device Mapping is Invalid: failed to get snapshot ${uuid}.`);
  return { mapping, snapshot };
}

/** Nova gives the volumes that it makes no name; the journal knows them by their server's. */
function volumeFor(call: Call, source: Source, serverName: string): Volume {
  const { mapping, snapshot, image } = source;
  if (source.volume !== undefined) return source.volume;
  const { world } = call;
  const { user, project } = callerOf(call);
  const volume: Volume = {
    id: world.newId(),
    name: "",
    projectId: project.id,
    userId: user.id,
    status: "available",
    sizeGib: mapping.volume_size ?? snapshot?.sizeGib ?? 1,
    bootable: true,
    attachments: [],
    metadata: {},
    imageMetadata: image === undefined ? {} : volumeImageMetadata(image),
    snapshotId: snapshot?.id ?? null,
    createdAtMs: world.nowMs,
    updatedAtMs: world.nowMs,
  };
  world.volumes.set(volume.id, volume);
  world.note("created", "volume", volume.id, serverName);
  return volume;
}
