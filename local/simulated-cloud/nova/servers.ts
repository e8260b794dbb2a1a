import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import { pageOf } from "../paging.ts";
import type { Server, Volume } from "../resources.ts";
import {
  attach,
  beginAction,
  checkLock,
  endAction,
  forgetServer,
  serverBody,
  serverOf,
} from "./server.ts";

export function showServer(call: Call): Answer {
  return { status: 200, body: { server: serverBody(call, serverOf(call)) } };
}

/** `name=` is a regular expression that ignores case, as MySQL's REGEXP does. */
export function listServers(call: Call): Answer {
  const me = callerOf(call).project.id;
  if (call.query.has("all_tenants")) {
    const policy = "os_compute_api:servers:index:get_all_tenants";
    throw new Refusal(403, `Policy doesn't allow ${policy} to be performed.`);
  }
  const name = call.query.get("name");
  const pattern = name === null ? null : namePattern(name);
  const image = call.query.get("image");
  const found = [...call.world.servers.values()].filter(
    (server) =>
      server.projectId === me &&
      (pattern === null || pattern.test(server.name)) &&
      (image === null || server.imageId === image),
  );
  const detailed = call.path.endsWith("/detail");
  const show = (server: Server): unknown => {
    const body = serverBody(call, server);
    return detailed ? body : { id: server.id, name: server.name, links: body["links"] };
  };
  const body = pageOf(call, `${call.world.baseUrl}/compute`, "servers", found, show);
  return { status: 200, body };
}

function namePattern(text: string): RegExp {
  try {
    return new RegExp(text, "iu");
  } catch {
    throw new Refusal(400, `Invalid regular expression in name: ${text}`);
  }
}

const bootBody = z.object({
  server: z.object({
    name: z.string().check(z.minLength(1), z.maxLength(255)),
    flavorRef: z.string(),
    imageRef: z.optional(z.string()),
    metadata: z.optional(z.record(z.string(), z.string())),
    networks: z.optional(z.unknown()),
    block_device_mapping_v2: z.optional(
      z.array(
        z.object({
          uuid: z.string(),
          source_type: z.literal("volume"),
          destination_type: z.literal("volume"),
          boot_index: z.optional(z.union([z.int(), z.string(), z.null()])),
        }),
      ),
    ),
  }),
});

/** POST /servers: from an image, or from volumes that are there already. */
export function bootServer(call: Call): Answer {
  const parsed = bootBody.safeParse(call.body);
  if (!parsed.success) throw new Refusal(400, "Invalid input for field/attribute server.");
  const { world } = call;
  const wish = parsed.data.server;
  const image = wish.imageRef === undefined ? null : bootableImage(call, wish.imageRef);
  const mappings = wish.block_device_mapping_v2 ?? [];
  const volumes = mappings.map(({ uuid }) => freeVolume(call, uuid));
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
    bootProperties: { ...image?.properties },
    volumes: [],
    metadata: { ...wish.metadata },
    faultMessage: null,
    createdAtMs: world.nowMs,
    updatedAtMs: world.nowMs,
    actions: [],
  };
  const action = beginAction(call, server, "create", "compute__do_build_and_run_instance");
  for (const [index, volume] of volumes.entries()) {
    const bootIndex = mappings[index]?.boot_index ?? null;
    attach(world, server, volume, bootIndex === null ? null : Number(bootIndex));
  }
  world.servers.set(server.id, server);
  world.note("created", "server", server.id, server.name);
  world.after(world.settings.bootSeconds, () => {
    if (server.taskState !== "spawning") return;
    server.vmState = "active";
    server.taskState = null;
    endAction(world, action, false);
  });
  const links = serverBody(call, server)["links"];
  return { status: 202, body: { server: { id: server.id, links, adminPass: "simulated" } } };
}

function bootableImage(call: Call, id: string): { id: string; properties: Record<string, string> } {
  const image = call.world.firstZone.images.get(id);
  if (image === undefined) throw new Refusal(400, "Can not find requested image");
  if (image.status !== "active") throw new Refusal(400, `Image ${id} is not active.`);
  return image;
}

function freeVolume(call: Call, id: string): Volume {
  const volume = call.world.volumes.get(id);
  if (volume === undefined) throw new Refusal(400, `Volume ${id} could not be found.`);
  if (volume.status !== "available") {
    const state = `status must be 'available'. Currently in '${volume.status}'`;
    throw new Refusal(400, `Invalid volume: volume ${id} ${state}`);
  }
  return volume;
}

/** Accepted in every state; an image that is being uploaded from it goes on. */
export function deleteServer(call: Call): Answer {
  const server = serverOf(call);
  checkLock(server);
  server.taskState = "deleting";
  call.world.after(call.world.settings.deleteSeconds, () => {
    if (call.world.servers.has(server.id)) forgetServer(call.world, server);
  });
  return { status: 204 };
}

const attachBody = z.object({ volumeAttachment: z.object({ volumeId: z.string() }) });

export function attachVolume(call: Call): Answer {
  const server = serverOf(call);
  const parsed = attachBody.safeParse(call.body);
  if (!parsed.success)
    throw new Refusal(400, "Invalid input for field/attribute volumeAttachment.");
  const volume = freeVolume(call, parsed.data.volumeAttachment.volumeId);
  const device = attach(call.world, server, volume, null);
  const body = { id: volume.id, serverId: server.id, volumeId: volume.id, device };
  return { status: 200, body: { volumeAttachment: body } };
}
