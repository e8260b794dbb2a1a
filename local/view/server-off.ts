import * as z from "zod/mini";
import type { Run } from "../../shared/run/record.ts";
import { serversOf } from "../../shared/source/servers.ts";
import { time, timeOf } from "./document.ts";

/** The server that an unfinished run has switched off, and that it will start again. Of several: the first. */
export const serverOffSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  since: time,
  /** False: Regild has asked for the stop, and the answer is not recorded yet. */
  certain: z.boolean(),
});
export type ServerOff = z.infer<typeof serverOffSchema>;

export function serverOff(run: Run): ServerOff | null {
  const { stoppedAtMs, restoredAtMs, intent, outcome } = run;
  const asked = run.stops[0]?.serverId ?? intent?.serverId ?? null;
  const server = serversOf(run).find(({ id }) => asked === null || id === asked);
  if (outcome !== null || server === undefined) return null;
  const { id } = server;
  const more = Math.max(run.stops.length - 1, 0);
  const name = more === 0 ? server.name : `${server.name} and ${more} more`;
  if (stoppedAtMs !== null) {
    const since = timeOf(stoppedAtMs);
    return restoredAtMs === null ? { id, name, since, certain: true } : null;
  }
  if (intent?.kind !== "stop-server") return null;
  return { id, name, since: timeOf(intent.atMs), certain: false };
}
