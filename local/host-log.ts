import type { Writable } from "node:stream";
import { logFields } from "../shared/lambda/log-fields.ts";
import type { Log } from "../shared/ports.ts";

/**
 * The log of `regild serve`: the same lines as on Lambda (shared/lambda/logger.ts). All lines of one turn of the event loop
 * are written at once, because each write to a pipe waits for the kernel. Lines that wait when the process exits are
 * still written; a kill may lose those of that turn.
 */
export function openHostLog({
  stdout,
  stderr,
}: Record<"stdout" | "stderr", Pick<Writable, "write">> = process): Log {
  // Each look at an environment variable is a call of the C library.
  const timeOf = clockOf(process.env["TZ"] ?? "");
  const line = (level: string, message: string, fields?: Record<string, unknown>): string =>
    lineOf({ level, message, timestamp: timeOf(new Date()), service: "regild" }, fields);
  const out = gather(stdout);
  const err = gather(stderr);
  return {
    info: (message, fields) => out(line("INFO", message, fields)),
    warn: (message, fields) => err(line("WARN", message, fields)),
    error: (message, fields) => err(line("ERROR", message, fields)),
  };
}

/** Fields have other names. The library of Lambda's log drops these too. */
const RESERVED = new Set(["level", "message", "timestamp", "service", "sampling_rate"]);

function lineOf(first: Record<string, unknown>, fields?: Record<string, unknown>): string {
  const is: Record<string, unknown> = { ...first, sampling_rate: 0 };
  const all = logFields(fields);
  for (const name of Object.keys(all)) {
    const value = all[name];
    if (!RESERVED.has(name) && value !== null && value !== "") is[name] = value;
  }
  return `${JSON.stringify(is)}\n`;
}

/** Writes `2026-11-29T01:25:09.633+01:00` in the process's time zone, if `TZ` names one, else the time in UTC. */
function clockOf(zone: string): (now: Date) => string {
  if (zone === "" || zone.includes("UTC")) return (now) => now.toISOString();
  const two = (value: number): string => String(Math.floor(Math.abs(value))).padStart(2, "0");
  return (now) => {
    const offset = -now.getTimezoneOffset();
    const local = new Date(now.getTime() + offset * 60_000).toISOString().slice(0, -1);
    return `${local}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
  };
}

/** @returns a function that writes its texts when this turn of the event loop is over. */
function gather(stream: Pick<Writable, "write">): (text: string) => void {
  let waiting: string[] = [];
  const release = (): void => {
    if (waiting.length === 0) return;
    stream.write(waiting.join(""));
    waiting = [];
  };
  process.on("exit", release);
  return (text) => {
    waiting.push(text);
    if (waiting.length === 1) setImmediate(release);
  };
}
