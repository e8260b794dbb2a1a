import type { Server, Volume } from "../cloud-ports.ts";
import type { Ctx, Problem } from "../context.ts";
import { readsVolume, type Recipe } from "../recipe/recipe.ts";

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

/** Whether the image of an attached volume has to be allowed: the disk is read for minutes, while a server writes to it. */
export function needsStillVolume(recipe: Recipe): boolean {
  const { stopServer, allowLive } = recipe.prepare;
  return readsVolume(recipe) && (stopServer || !allowLive);
}

/** A server that cannot be seen may run. */
export function isStill({ server }: Pick<User, "server">): boolean {
  return server !== null && STILL.includes(server.status);
}

/** Null: every server that has the volume can be seen, and so stopped. */
export function unseenProblem(
  recipe: Recipe,
  volume: Volume,
  users: readonly User[],
): Problem | null {
  const unseen = users.find(({ server }) => server === null);
  if (unseen === undefined) return null;
  return {
    code: "volume-live",
    message: `Volume ${volume.name || volume.id} is attached to ${unseen.id}, which these credentials cannot see: Regild cannot stop it`,
    remedy: `Use credentials of the server's project, or write ${recipe.name}.capture: snapshot and take prepare.stop_server out`,
  };
}

/** Null: no server that may run has the volume. */
export function liveProblem(
  recipe: Recipe,
  volume: string,
  users: readonly User[],
): Problem | null {
  const live = users.find((user) => !isStill(user));
  if (live === undefined || !needsStillVolume(recipe)) return null;
  const { id, server } = live;
  const state = server === null ? `${id}, which may run` : `${server.name} (${server.status})`;
  if (recipe.source.kind === "server") {
    return {
      code: "volume-live",
      message: `The data disks are attached to ${state}: they would be read for minutes while they are written to`,
      remedy: `Have the server stopped for the images: prepare: { stop_server: true }. Or accept such images: prepare: { allow_live: true }`,
    };
  }
  return {
    code: "volume-live",
    message: `Volume ${volume} is attached to ${state}: the disk would be read for minutes while it is written to`,
    remedy: `Write ${recipe.name}.capture: snapshot. Or have its servers stopped for the image: prepare: { stop_server: true }. Or accept such an image: prepare: { allow_live: true }`,
  };
}
