import type { Cloud } from "../../../shared/cloud-ports.ts";
import { CloudError } from "../../../shared/openstack/errors.ts";
import { closest } from "../../../shared/recipe/did-you-mean.ts";
import { usageError } from "../command-error.ts";
import { counted } from "../text/format.ts";

/** A server or volume that can be the source of a recipe. */
export interface Source {
  kind: "server" | "volume";
  id: string;
  name: string;
  status: string;
}

/** Every server, and every volume that no server uses. Some clouds offer no volumes. */
export async function sourcesOf({ compute, volumes }: Cloud): Promise<Source[]> {
  const servers = await compute.servers();
  const all = await volumes.volumes().catch((error: unknown) => {
    if (error instanceof CloudError && error.code === "not-offered") return [];
    throw error;
  });
  const free = all.filter(({ attachments }) => attachments.length === 0);
  return [
    ...servers.map((server) => ({ kind: "server" as const, ...server })),
    ...free.map((volume) => ({ kind: "volume" as const, ...volume })),
  ].map(({ kind, id, name, status }) => ({ kind, id, name, status }));
}

/** @throws CommandError unless exactly one goes by this name or id. */
export async function namedSource(
  { compute, volumes }: Cloud,
  kind: Source["kind"],
  idOrName: string,
): Promise<Source> {
  const found: Array<Omit<Source, "kind">> =
    kind === "server" ? await compute.findServers(idOrName) : await volumes.findVolumes(idOrName);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) {
    const { id, name, status } = only;
    return { kind, id, name, status };
  }
  if (only !== undefined) {
    throw usageError(
      `${counted(found.length, kind)} are named ${idOrName}`,
      `Write the id of one: --${kind} ${only.id}`,
      found.map(({ id, name, status }) => `${id}  ${name}  ${status}`),
    );
  }
  const all = kind === "server" ? await compute.servers() : await volumes.volumes();
  const names = all.map(({ name }) => name).filter((name) => name !== "");
  const meant = closest(idOrName, names);
  throw usageError(
    `This project has no ${kind} named ${idOrName}`,
    meant === null ? `It has: ${shown(names)}` : `Did you mean ${meant}?`,
  );
}

const SHOWN = 20;

export function shown(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return names.slice(0, SHOWN).join(", ") + more;
}
