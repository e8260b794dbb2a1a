import type { Server, Volume } from "../cloud-ports.ts";
import type { Ctx, Problem } from "../context.ts";
import type { Recipe } from "../recipe/recipe.ts";

/** A server in one of these writes nothing to its disks. */
const STILL = ["SHUTOFF", "SUSPENDED", "PAUSED", "SHELVED", "SHELVED_OFFLOADED", "SOFT_DELETED"];

/** A server that a volume is attached to. Null: these credentials cannot see it, so it may run. */
export type User = { id: string; server: Server | null };

export async function seeUsers({ compute }: Ctx["cloud"], volume: Volume | null): Promise<User[]> {
  const users: User[] = [];
  for (const { serverId } of volume?.attachments ?? [])
    users.push({ id: serverId, server: await compute.server(serverId) });
  return users;
}

/** Whether the upload of an attached volume has to be allowed: it reads the disk for minutes, while a server writes to it. */
export function needsStillVolume({ capture, prepare }: Recipe): boolean {
  return capture === "volume" && !prepare.allowLive;
}

/** Null: no server that may run has the volume. */
export function liveProblem(
  recipe: Recipe,
  volume: string,
  users: readonly User[],
): Problem | null {
  const live = users.find(({ server }) => server === null || !STILL.includes(server.status));
  if (live === undefined || !needsStillVolume(recipe)) return null;
  const { id, server } = live;
  const state = server === null ? `${id}, which may run` : `${server.name} (${server.status})`;
  return {
    code: "volume-live",
    message: `Volume ${volume} is attached to ${state}: an upload would read the disk for minutes while it is written to`,
    remedy: `Write ${recipe.name}.capture: snapshot. Or stop the server before each run; for its root volume, name the server with capture: root_volume and prepare: { stop_server: true }. Or accept such an image: prepare: { allow_live: true }`,
  };
}
