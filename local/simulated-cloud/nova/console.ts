import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import type { Call } from "../call.ts";
import type { BootOutcome, Server } from "../resources.ts";
import { serverOf } from "./server.ts";

const BEGINNING = ["Linux version 6.1.0 (simulated)", "Run /init as init process"];
const GUEST: Record<BootOutcome, string[]> = {
  boots: [...BEGINNING, "Started network", "Reached target Multi-User System", "golden login:"],
  panics: [...BEGINNING, "VFS: Unable to mount root fs", "Kernel panic - not syncing"],
  deaf: [...BEGINNING, "Reached target Multi-User System", "golden login:"],
  silent: [],
  "no-host": [],
};

const consoleBody = z.object({
  "os-getConsoleOutput": z.nullable(z.object({ length: z.optional(z.int()) })),
});

/** The lines that the guest has printed by now, counted from the last one. */
export function showConsole(call: Call): Answer {
  const server = serverOf(call);
  const parsed = consoleBody.safeParse(call.body);
  if (!parsed.success) throw new Refusal(400, "Invalid input for field/attribute length.");
  if (server.vmState === "building") throw new Refusal(409, `Instance ${server.id} is not ready`);
  if (server.vmState === "error")
    throw new Refusal(404, "Guest does not have a console available.");
  const length = parsed.data["os-getConsoleOutput"]?.length;
  const lines = printed(server, call.world.nowMs, call.world.settings.guestSeconds);
  const shown = length === undefined ? lines : lines.slice(-length);
  return { status: 200, body: { output: shown.map((line) => `${line}\r\n`).join("") } };
}

/** How much of its boot a guest has done: 0 to 1. */
export function bootedPart({ guest }: Server, nowMs: number, guestSeconds: number): number {
  if (guest === undefined || guest.sinceMs === null) return 0;
  return Math.min(1, (nowMs - guest.sinceMs) / 1000 / Math.max(guestSeconds, 0.001));
}

function printed(server: Server, nowMs: number, guestSeconds: number): string[] {
  const lines = server.guest === undefined ? [] : GUEST[server.guest.outcome];
  return lines.slice(0, Math.floor(bootedPart(server, nowMs, guestSeconds) * lines.length));
}
