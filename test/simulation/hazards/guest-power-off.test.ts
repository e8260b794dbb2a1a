import { describe, expect, it } from "vitest";
import { CREATE_IMAGE, MINUTE, scenario, type Scenario, STOP } from "./scenario.ts";

const WAITING = "server: web, prepare: { wait_for_shutoff: 10m }";
const START = /POST \S+ os-start/;

const isWaiting = (s: Scenario) =>
  s.run()?.timeline.some(({ text }) => text === "waits for web to power itself off") === true;

/** The guest powers itself off so long after the run has begun to wait for that. */
function powersOff(s: Scenario, afterMs: number): void {
  let isAsked = false;
  s.always(() => {
    if (isAsked || !isWaiting(s)) return;
    isAsked = true;
    s.after(afterMs, () => {
      s.server("web").vmState = "stopped";
    });
  });
}

describe("a guest that powers itself off", () => {
  it.each([0, 4 * MINUTE])(
    "after %i ms is waited for, and its server is started again",
    async (afterMs) => {
      const s = await scenario({ recipe: WAITING });
      powersOff(s, afterMs);
      let runsAtCreate = false;
      s.always(() => {
        if (s.run()?.intent?.kind === "create-image")
          runsAtCreate ||= s.server("web").vmState === "active";
      });
      s.start();
      expect(await s.finish()).toEqual(["succeeded"]);
      expect(runsAtCreate).toBe(false);
      expect(s.server("web").vmState).toBe("active");
      expect(s.sent(STOP)).toBe(0);
      expect(s.sent(START)).toBe(1);
      const { stoppedAtMs, restoredAtMs } = s.run() ?? {};
      expect((restoredAtMs ?? 0) - (stoppedAtMs ?? 0)).toBeGreaterThan(MINUTE);
    },
  );

  it("and never does, fails the run with what was waited for, and runs on", async () => {
    const s = await scenario({ recipe: WAITING });
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure).toMatchObject({
      code: "shutoff-timeout",
      message: "Server web has not powered itself off within 10m",
      remedy: expect.stringContaining("web.prepare.wait_for_shutoff"),
    });
    expect(s.server("web").vmState).toBe("active");
    expect([s.sent(STOP), s.sent(START), s.images().length]).toEqual([0, 0, 0]);
  });

  it("powers itself off soon after its run has timed out, and its server is started again", async () => {
    const s = await scenario({ recipe: WAITING });
    powersOff(s, 12 * MINUTE);
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure?.code).toBe("shutoff-timeout");
    expect(s.server("web").vmState).toBe("active");
    expect([s.sent(STOP), s.sent(START)]).toEqual([0, 1]);
  });

  it("powers itself off soon after its run was cancelled, and its server is started again", async () => {
    const s = await scenario({ recipe: WAITING });
    powersOff(s, 5 * MINUTE);
    s.cancelWhen(() => isWaiting(s));
    s.start();
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(s.server("web").vmState).toBe("active");
    expect([s.sent(STOP), s.sent(START)]).toEqual([0, 1]);
  });

  it("and was found off, gives its image at once, and stays off", async () => {
    const s = await scenario({ recipe: WAITING });
    s.server("web").vmState = "stopped";
    s.excuse("servers run as they were found");
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.server("web").vmState).toBe("stopped");
    expect(s.sent(START)).toBe(0);
  });

  it("is started again when the run is cancelled", async () => {
    const s = await scenario({ recipe: WAITING });
    powersOff(s, MINUTE);
    s.cancelWhen((run) => run.stoppedAtMs !== null);
    s.start();
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(s.server("web").vmState).toBe("active");
    expect(s.images()).toEqual([]);
  });

  it.each([/^store commit R#web run/, CREATE_IMAGE, START])(
    "is started again when the worker dies at %s",
    async (call) => {
      const s = await scenario({
        recipe: WAITING,
        faults: (s) => [
          { call, nth: 1, while: () => isWaiting(s()), fault: { kind: "stop-after" } },
        ],
      });
      powersOff(s, MINUTE);
      s.start();
      expect(await s.finish()).toEqual(["succeeded"]);
      expect(s.server("web").vmState).toBe("active");
    },
  );
});
