import * as z from "zod/mini";
import type { Run } from "../../shared/run/record.ts";
import { time, timeOf } from "./document.ts";

/** The server that an unfinished run has switched off, and that it will start again. */
export const serverOffSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  since: time,
  /** False: Regild has asked for the stop, and the answer is not recorded yet. */
  certain: z.boolean(),
});
export type ServerOff = z.infer<typeof serverOffSchema>;

export function serverOff(run: Run): ServerOff | null {
  const { source, stoppedAtMs, restoredAtMs, intent, outcome } = run;
  if (outcome !== null || source?.kind !== "server") return null;
  const { id, name } = source;
  if (stoppedAtMs !== null) {
    const since = timeOf(stoppedAtMs);
    return restoredAtMs === null ? { id, name, since, certain: true } : null;
  }
  if (intent?.kind !== "stop-server") return null;
  return { id, name, since: timeOf(intent.atMs), certain: false };
}
