import * as z from "zod/mini";
import type { Ids, Key, Store } from "../shared/ports.ts";
import { load, update } from "../shared/protocol/actor.ts";

/** Gap between two heartbeats. Each is a write that waits for the disk. */
const BEAT_MS = 10_000;
/**
 * Longest gap between two heartbeats of a working host: the schedules of ten thousand recipes take less. The watchdog,
 * /healthz and `regild status` all use it, so that they agree whether a host works.
 */
export const SILENT_AFTER_MS = 5 * 60_000;

const KEY: Key = { pk: "K#host", sk: "t" };

const heartbeatSchema = z.object({
  schema: z.literal(1),
  /** `command`: works on its own run only, and starts nothing by schedule. */
  kind: z.enum(["serve", "command"]),
  sinceMs: z.int(),
  seenAtMs: z.int(),
  /** When it stopped by itself. Null: it works, or was killed. */
  stoppedAtMs: z.nullable(z.int()),
});
export type HeartbeatRecord = z.infer<typeof heartbeatSchema>;

/** Records in the store that this process works, and since when, for other processes. */
export class Heartbeat {
  private readonly on: { store: Store; ids: Ids; now: () => number };
  private readonly kind: HeartbeatRecord["kind"];
  private readonly sinceMs: number;
  private nextAtMs = 0;

  constructor(on: Heartbeat["on"], kind: HeartbeatRecord["kind"]) {
    this.on = on;
    this.kind = kind;
    this.sinceMs = on.now();
  }

  /** @returns false: the last heartbeat is recent, and nothing was written. */
  async beat(): Promise<boolean> {
    const now = this.on.now();
    if (now < this.nextAtMs) return false;
    await this.write(null);
    this.nextAtMs = now + BEAT_MS;
    return true;
  }

  async stop(): Promise<void> {
    await this.write(this.on.now());
  }

  private async write(stoppedAtMs: number | null): Promise<void> {
    const { kind, sinceMs } = this;
    const doc = { schema: 1 as const, kind, sinceMs, seenAtMs: this.on.now(), stoppedAtMs };
    await update(
      this.on,
      KEY,
      heartbeatSchema,
      doc,
      () => doc,
      () => ({ sweepAtMs: null }),
    );
  }
}

/** @returns null: no process has written a heartbeat into this store. */
export async function lastHeartbeat(store: Store): Promise<HeartbeatRecord | null> {
  return (await load(store, KEY, heartbeatSchema))?.doc ?? null;
}
