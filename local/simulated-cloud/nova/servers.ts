import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import { pageOf } from "../paging.ts";
import type { Server } from "../resources.ts";
import { freeVolume } from "./boot.ts";
import { attach, checkLock, forgetServer, serverBody, serverOf } from "./server.ts";

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
