import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Log } from "../shared/ports.ts";

const run = promisify(execFile);

type Env = Readonly<Record<string, string | undefined>>;

/** Reports the host's state to systemd. Does nothing if no service manager has started the host. */
export interface ServiceManager {
  /** Reports that the host works, so that units ordered after it may start. */
  ready: () => Promise<void>;
  stopping: () => Promise<void>;
  /** Longest gap between two reports to systemd's watchdog, in milliseconds. Null: no watchdog. */
  watchdogMs: number | null;
  alive: () => Promise<void>;
}

/**
 * Sends by `systemd-notify`, because Node opens no Unix datagram socket. The unit needs `NotifyAccess=all` for that.
 * @param env as systemd sets it: NOTIFY_SOCKET, WATCHDOG_USEC. Source: sd_notify(3), sd_watchdog_enabled(3).
 */
export function serviceManager(
  env: Env,
  log: Log,
  send: (...states: string[]) => Promise<unknown> = systemdNotify,
): ServiceManager {
  const listens = (env["NOTIFY_SOCKET"] ?? "") !== "";
  const tell = async (...states: string[]): Promise<void> => {
    if (!listens) return;
    try {
      await send(...states);
    } catch (error) {
      log.warn("systemd cannot be told", { states, error: String(error) });
    }
  };
  const watchdogUs = Number(env["WATCHDOG_USEC"]);
  return {
    ready: () => tell("READY=1"),
    stopping: () => tell("STOPPING=1"),
    watchdogMs: listens && watchdogUs > 0 ? watchdogUs / 1000 : null,
    alive: () => tell("WATCHDOG=1"),
  };
}

function systemdNotify(...states: string[]): Promise<unknown> {
  return run("systemd-notify", states, { timeout: 5000 });
}
