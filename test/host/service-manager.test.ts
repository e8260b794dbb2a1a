import { describe, expect, it, vi } from "vitest";
import { serviceManager } from "../../local/service-manager.ts";
import { watchdog } from "../../local/watchdog.ts";
import type { Log } from "../../shared/ports.ts";

const UNDER_SYSTEMD = { NOTIFY_SOCKET: "/run/systemd/notify", WATCHDOG_USEC: "120000000" };
const log = (warned: string[] = []): Log => ({
  info: () => {},
  warn: (message) => void warned.push(message),
  error: () => {},
});

describe("under systemd", () => {
  it("systemd is told when the host is ready and when it stops", async () => {
    const told: string[][] = [];
    const manager = serviceManager(UNDER_SYSTEMD, log(), async (...states) => told.push(states));
    await manager.ready();
    await manager.stopping();
    expect(told).toEqual([["READY=1"], ["STOPPING=1"]]);
  });

  it("hears twice in each interval that the host lives, and nothing while it hangs", () => {
    vi.useFakeTimers();
    try {
      const told: string[] = [];
      const manager = serviceManager(UNDER_SYSTEMD, log(), async (...states) =>
        told.push(...states),
      );
      let lives = true;
      using _ = watchdog(manager, () => lives);
      vi.advanceTimersByTime(120_000);
      expect(told).toEqual(["WATCHDOG=1", "WATCHDOG=1"]);
      lives = false;
      vi.advanceTimersByTime(600_000);
      expect(told).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it("a systemd-notify that fails stops nothing", async () => {
    const warned: string[] = [];
    const fails = () => Promise.reject(new Error("no such file"));
    await serviceManager(UNDER_SYSTEMD, log(warned), fails).ready();
    expect(warned).toEqual(["systemd cannot be told"]);
  });
});

it("nobody is told where no service manager listens", async () => {
  const send = vi.fn<() => Promise<void>>();
  const manager = serviceManager({ WATCHDOG_USEC: "120000000" }, log(), send);
  await manager.ready();
  expect(manager.watchdogMs).toBeNull();
  expect(send).not.toHaveBeenCalled();
});
