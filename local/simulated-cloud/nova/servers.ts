import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import { pageOf } from "../paging.ts";
import type { Server, ServerVolume } from "../resources.ts";
import { freeVolume } from "./boot.ts";
import { attach, checkLock, checkState, forgetServer, serverBody, serverOf } from "./server.ts";

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

const attachBody = z.object({
  volumeAttachment: z.object({
    volumeId: z.string(),
    tag: z.optional(z.string()),
    delete_on_termination: z.optional(z.boolean()),
  }),
});
const ATTACHABLE = ["active", "paused", "stopped", "suspended"];

/** Nova chooses the device itself, as with libvirt. The server has the volume a moment later. */
export function attachVolume(call: Call): Answer {
  const { world } = call;
  const server = serverOf(call);
  checkLock(server);
  checkState(server, "attach_volume", ATTACHABLE);
  const parsed = attachBody.safeParse(call.body);
  if (!parsed.success)
    throw new Refusal(400, "Invalid input for field/attribute volumeAttachment.");
  const { volumeId, tag, delete_on_termination: goesWithServer } = parsed.data.volumeAttachment;
  const volume = freeVolume(call, volumeId);
  const device = attach(world, server, volume, null);
  const attached = server.volumes.at(-1);
  if (attached !== undefined) {
    if (tag !== undefined) attached.tag = tag;
    attached.goesWithServer = goesWithServer === true;
  }
  volume.status = "attaching";
  world.after(ATTACH_SECONDS, () => {
    if (volume.status === "attaching") volume.status = "in-use";
  });
  const body = { id: volume.id, serverId: server.id, volumeId: volume.id, device };
  return { status: 200, body: { volumeAttachment: body } };
}
const ATTACH_SECONDS = 1;

export function showAttachment(call: Call): Answer {
  const server = serverOf(call);
  const { volumeId, device, tag = null, goesWithServer = false } = attachmentOf(call, server);
  const body = {
    id: volumeId,
    serverId: server.id,
    volumeId,
    device,
    ...(call.minor >= 70 ? { tag } : {}),
    ...(call.minor >= 79 ? { delete_on_termination: goesWithServer } : {}),
  };
  return { status: 200, body: { volumeAttachment: body } };
}

/** Accepted: the volume is `detaching`, and free a moment later. */
export function detachVolume(call: Call): Answer {
  const { world } = call;
  const server = serverOf(call);
  const attached = attachmentOf(call, server);
  checkLock(server);
  checkState(server, "detach_volume", ATTACHABLE);
  if (attached.bootIndex === 0) throw new Refusal(400, "Cannot detach a root device volume");
  const volume = world.volumes.get(attached.volumeId);
  if (volume?.status !== "in-use") {
    const rule = "Volume status must be 'in-use' and attach_status must be 'attached' to detach.";
    throw new Refusal(400, `Invalid volume: Unable to detach volume. ${rule}`);
  }
  volume.status = "detaching";
  world.after(DETACH_SECONDS, () => {
    if (volume.status !== "detaching") return;
    server.volumes = server.volumes.filter((each) => each !== attached);
    volume.attachments = volume.attachments.filter(({ serverId }) => serverId !== server.id);
    volume.status = volume.attachments.length === 0 ? "available" : "in-use";
    volume.updatedAtMs = world.nowMs;
  });
  return { status: 202 };
}
const DETACH_SECONDS = 1;

function attachmentOf(call: Call, server: Server): ServerVolume {
  const id = call.params["volume"] ?? "";
  const attached = server.volumes.find(({ volumeId }) => volumeId === id);
  if (attached === undefined)
    throw new Refusal(404, `Instance ${server.id} is not attached to volume ${id}`);
  return attached;
}
