import * as z from "zod/mini";
import type { Store } from "../../shared/ports.ts";
import { recipesInForce, type RecipesInForce } from "../recipes-in-force.ts";
import { lastHeartbeat, SILENT_AFTER_MS } from "../heartbeat.ts";
import { time, timeOf, timeOrNull } from "./document.ts";

export const hostSchema = z.strictObject({
  /** `not_seen`: one has worked, and does no longer. `none`: no host has ever worked on this data file. */
  state: z.enum(["running", "not_seen", "none"]),
  /** `command`: a command that does the work of its own run, and starts nothing by schedule. */
  kind: z.nullable(z.enum(["serve", "command"])),
  /** When it began to work. */
  since: z.nullable(time),
  last_seen: z.nullable(time),
  /** When it stopped by itself; null: it runs, or was killed. */
  stopped_at: z.nullable(time),
  /** A process has the data file's lock, also one that does nothing any more. */
  holds_lock: z.boolean(),
  /** The recipes that it works by. Null: it is of a version that does not tell. */
  recipes: z.nullable(
    z.strictObject({
      file: z.string(),
      loaded_at: time,
      /** Since when the file has these problems, so that the recipes loaded before stay in force; null: it is in force. */
      refused_at: z.nullable(time),
      message: z.nullable(z.string()),
      problems: z.array(z.string()),
    }),
  ),
});
export type HostView = z.infer<typeof hostSchema>;

/** The lock tells surely whether a process works now; its heartbeat tells since when, and when it was last seen. */
export async function viewHost(
  store: Store,
  is: { isLocked: boolean; nowMs: number },
): Promise<HostView> {
  const heartbeat = await lastHeartbeat(store);
  const seenAtMs = heartbeat?.seenAtMs ?? null;
  const isSilent =
    seenAtMs !== null && (heartbeat?.stoppedAtMs !== null || is.nowMs - seenAtMs > SILENT_AFTER_MS);
  const state = is.isLocked && !isSilent ? "running" : heartbeat === null ? "none" : "not_seen";
  return {
    state,
    kind: heartbeat?.kind ?? null,
    since: timeOrNull(heartbeat?.sinceMs),
    last_seen: timeOrNull(seenAtMs),
    stopped_at: timeOrNull(heartbeat?.stoppedAtMs),
    holds_lock: is.isLocked,
    recipes: viewRecipes(await recipesInForce(store)),
  };
}

function viewRecipes(inForce: RecipesInForce | null): HostView["recipes"] {
  if (inForce === null) return null;
  const { file, loadedAtMs, refused } = inForce;
  return {
    file,
    loaded_at: timeOf(loadedAtMs),
    refused_at: timeOrNull(refused?.atMs),
    message: refused?.message ?? null,
    problems: refused?.problems ?? [],
  };
}
