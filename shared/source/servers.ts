import type { Run } from "../run/record.ts";

/** The servers that the run may stop: its source, or those that have its volume. */
export function serversOf({ source }: Pick<Run, "source">): Array<{ id: string; name: string }> {
  if (source === null) return [];
  return source.kind === "server" ? [source] : source.servers;
}

/** When the run asked this server to stop. Null: not in this attempt. */
export function stopAskedAtMs(
  { source, stoppedAtMs, stops }: Run,
  serverId: string,
): number | null {
  if (source?.kind === "server") return stoppedAtMs;
  return stops.find((stop) => stop.serverId === serverId)?.atMs ?? null;
}

/** Fields of a run that has asked the server to stop. */
export function stopped(run: Run, serverId: string, atMs: number): Partial<Run> {
  if (run.source?.kind === "server") return { stoppedAtMs: atMs };
  const others = run.stops.filter((stop) => stop.serverId !== serverId);
  return { stoppedAtMs: run.stoppedAtMs ?? atMs, stops: [...others, { serverId, atMs }] };
}
