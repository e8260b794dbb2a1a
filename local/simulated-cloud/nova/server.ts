import { Refusal } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import type { Server, ServerAction, Volume } from "../resources.ts";
import { isoMicros, isoSeconds } from "../times.ts";
import type { World } from "../world.ts";

const STATUSES: Record<string, string> = {
  active: "ACTIVE",
  building: "BUILD",
  stopped: "SHUTOFF",
  resized: "VERIFY_RESIZE",
  error: "ERROR",
};

const POWER_STATES: Record<string, number> = { active: 1, paused: 3, stopped: 4, suspended: 4 };

/** @throws Refusal 404 for another project's as for no server at all. */
export function serverOf(call: Call): Server {
  const id = call.params["id"] ?? "";
  const server = call.world.servers.get(id);
  if (server === undefined || server.projectId !== callerOf(call).project.id) {
    throw new Refusal(404, `Instance ${id} could not be found.`);
  }
  return server;
}

/** @throws Refusal 409 while a task is running, or in a state that the action does not know. */
export function checkState(server: Server, action: string, vmStates: readonly string[]): void {
  const doing = `Cannot '${action}' instance ${server.id} while it is in`;
  if (!vmStates.includes(server.vmState)) {
    throw new Refusal(409, `${doing} vm_state ${server.vmState}`);
  }
  if (server.taskState !== null) {
    throw new Refusal(409, `${doing} task_state ${server.taskState}`);
  }
}

export function checkLock(server: Server): void {
  if (server.locked) throw new Refusal(409, `Instance ${server.id} is locked`);
}

export function beginAction(
  call: Call,
  server: Server,
  action: string,
  event: string,
): ServerAction {
  const nowMs = call.world.nowMs;
  const begun: ServerAction = {
    action,
    requestId: call.requestId,
    startAtMs: nowMs,
    updatedAtMs: nowMs,
    message: null,
    event,
    finished: false,
  };
  server.actions.unshift(begun);
  return begun;
}

export function endAction(world: World, action: ServerAction, failed: boolean): void {
  action.finished = true;
  action.updatedAtMs = world.nowMs;
  if (failed) action.message = "Error";
}

export function attach(
  world: World,
  server: Server,
  volume: Volume,
  bootIndex: number | null,
): string {
  const device = `/dev/vd${"abcdefghijklmnop".charAt(server.volumes.length + (server.imageId === null ? 0 : 1))}`;
  server.volumes.push({ volumeId: volume.id, device, bootIndex });
  volume.attachments.push({ id: world.newId(), serverId: server.id, device, atMs: world.nowMs });
  volume.status = "in-use";
  volume.updatedAtMs = world.nowMs;
  return device;
}

/** The server is gone at once, and its volumes are free again. */
export function forgetServer(world: World, server: Server): void {
  world.servers.delete(server.id);
  for (const { volumeId, goesWithServer } of server.volumes) {
    const volume = world.volumes.get(volumeId);
    if (volume === undefined) continue;
    if (goesWithServer === true) {
      world.volumes.delete(volumeId);
      world.note("deleted", "volume", volumeId, volume.name);
      continue;
    }
    volume.attachments = volume.attachments.filter(({ serverId }) => serverId !== server.id);
    if (volume.status === "in-use" && volume.attachments.length === 0) volume.status = "available";
  }
  world.note("deleted", "server", server.id, server.name);
}

function addressesOf({ addresses = {} }: Server): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(addresses).map(([network, addr]) => [
      network,
      [{ version: 4, addr, "OS-EXT-IPS:type": "fixed" }],
    ]),
  );
}

export function serverBody(call: Call, server: Server): Record<string, unknown> {
  const { baseUrl } = call.world;
  const bookmark = (path: string): Record<string, string> => ({
    rel: "bookmark",
    href: `${baseUrl}/compute/${path}`,
  });
  return {
    id: server.id,
    name: server.name,
    status: STATUSES[server.vmState] ?? server.vmState.toUpperCase(),
    tenant_id: server.projectId,
    user_id: server.userId,
    metadata: server.metadata,
    hostId: "c0ffee".repeat(9).slice(0, 56),
    image:
      server.imageId === null
        ? ""
        : { id: server.imageId, links: [bookmark(`images/${server.imageId}`)] },
    flavor: { id: server.flavorId, links: [bookmark(`flavors/${server.flavorId}`)] },
    created: isoSeconds(server.createdAtMs),
    updated: isoSeconds(server.updatedAtMs),
    addresses: server.vmState === "building" ? {} : addressesOf(server),
    accessIPv4: "",
    accessIPv6: "",
    links: [
      { rel: "self", href: `${baseUrl}/compute/v2.1/servers/${server.id}` },
      bookmark(`servers/${server.id}`),
    ],
    "OS-DCF:diskConfig": "MANUAL",
    progress: 0,
    "OS-EXT-AZ:availability_zone": server.availabilityZone ?? call.world.firstZone.name,
    config_drive: "",
    key_name: null,
    "OS-SRV-USG:launched_at": isoMicros(server.createdAtMs),
    "OS-SRV-USG:terminated_at": null,
    "OS-EXT-STS:task_state": server.taskState,
    "OS-EXT-STS:vm_state": server.vmState,
    "OS-EXT-STS:power_state": POWER_STATES[server.vmState] ?? 0,
    "os-extended-volumes:volumes_attached": server.volumes.map(({ volumeId, goesWithServer }) => ({
      id: volumeId,
      ...(call.minor >= 3 ? { delete_on_termination: goesWithServer === true } : {}),
    })),
    ...(call.minor >= 9 ? { locked: server.locked } : {}),
    ...(call.minor >= 19 ? { description: null } : {}),
    ...(call.minor >= 26 ? { tags: [] } : {}),
    ...(server.faultMessage === null
      ? {}
      : {
          fault: {
            code: 500,
            created: isoSeconds(server.updatedAtMs),
            message: server.faultMessage,
          },
        }),
  };
}
