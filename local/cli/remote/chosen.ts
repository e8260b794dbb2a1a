import type { Command } from "commander";
import { usageError } from "../command-error.ts";
import { Remote } from "./remote.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** docs/remote.md lists them. */
export const WORK_THERE = new Set([
  "refresh",
  "watch",
  "status",
  "runs",
  "images",
  "history",
  "rollback",
  "revoke",
  "cancel",
  "approve",
  "reject",
  "pause",
  "resume",
  "pin",
  "unpin",
  "clean-up",
]);
/** They need neither a host nor a data file. Every other command would quietly take a data file of this machine. */
const NEED_NO_HOST = new Set([
  "demo",
  "init",
  "recipes",
  "senders",
  "config",
  "doctor",
  "completion",
  "__complete",
]);

/** @returns null: neither --url nor REGILD_URL names a host, or --data names a file. @throws CommandError */
export function remoteOf(command: Command, url: string | undefined, env: Env): Remote | null {
  const isFileNamed = command.getOptionValueSourceWithGlobals("data") === "cli";
  const isUrlNamed = command.getOptionValueSourceWithGlobals("url") === "cli";
  if (url === undefined || url === "" || (isFileNamed && !isUrlNamed)) return null;
  if (isFileNamed) throw usageError("--url and --data are both given", "Write one of them");
  if (!isUrlNamed && env["REGILD_TABLE"]) {
    throw usageError(
      "REGILD_URL names a host, and REGILD_TABLE a table on AWS",
      "Unset one of them, or name the host: --url URL",
    );
  }
  const name = topNameOf(command);
  if (WORK_THERE.has(name)) return new Remote(url, env["REGILD_TOKEN"]?.trim() || null);
  if (!NEED_NO_HOST.has(name) || isUrlNamed) {
    throw usageError(
      `regild ${name} does not work on another host`,
      `Run it on that host. Or unset REGILD_URL, or name a data file: --data FILE`,
    );
  }
  return null;
}

function topNameOf(command: Command): string {
  let top = command;
  while (top.parent?.parent != null) top = top.parent;
  return top.name();
}
