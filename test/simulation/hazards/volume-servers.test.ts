import { describe, expect, it } from "vitest";
import type { SimulatedCloud } from "../../../local/simulated-cloud/cloud.ts";
import { scenario, SECOND, type Scenario, STOP } from "./scenario.ts";

const POOL = "volume: pool, prepare: { stop_server: true, stop_timeout: 5m }";
const START = /POST \S+ os-start/;

/** Two running servers have the volume, and a third that is stopped. */
function addPool({ operator }: SimulatedCloud): void {
  const volumes = [operator.addVolume({ name: "pool" })];
  for (const name of ["node-1", "node-2"]) operator.addServer({ name, volumes });
  operator.addServer({ name: "spare", volumes, vmState: "stopped" });
}

function states(s: Scenario): string[] {
  return ["node-1", "node-2", "spare"].map((name) => s.server(name).vmState);
}

const AS_FOUND = ["active", "active", "stopped"];

/** The spare server was found stopped. */
const opened = async (options: Parameters<typeof scenario>[0]) => {
  const s = await scenario({ recipe: POOL, prepare: addPool, ...options });
  s.excuse("servers run as they were found");
  return s;
};

describe("a volume that several servers have", () => {
  it.each(["volume", "snapshot"])(
    "capture: %s takes it while all of them are stopped",
    async (capture) => {
      const s = await opened({ recipe: `${POOL}, capture: ${capture}` });
      let most = 0;
      let mayWrite = false;
      s.always(() => {
        const states = ["node-1", "node-2"].map((name) => s.server(name).vmState);
        most = Math.max(most, states.filter((state) => state === "stopped").length);
        const taken = s.run()?.intent?.kind;
        if (taken === "upload-image" && s.run()?.snapshot === null && states.includes("active"))
          mayWrite = true;
        if (taken === "create-snapshot" && states.includes("active")) mayWrite = true;
      });
      s.start();
      expect(await s.finish()).toEqual(["succeeded"]);
      expect({ most, mayWrite }).toEqual({ most: 2, mayWrite: false });
      expect(s.sent(STOP)).toBe(2);
      expect(states(s)).toEqual(AS_FOUND);
    },
  );

  it("with a snapshot, the servers run again before the upload begins", async () => {
    const s = await opened({ recipe: `${POOL}, capture: snapshot` });
    let runsDuringUpload = false;
    s.always(() => {
      if (s.isIn("check-status")) runsDuringUpload ||= s.server("node-1").vmState === "active";
    });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(runsDuringUpload).toBe(true);
  });

  it.each([
    ["when the first has been asked to stop", (s: Scenario) => s.run()?.stops.length === 1],
    ["when both have been asked to stop", (s: Scenario) => s.run()?.stops.length === 2],
    ["while the image is uploaded", (s: Scenario) => s.isIn("check-status")],
  ])("a cancel %s starts every one again, and leaves nothing", async (_when, holds) => {
    const s = await opened({});
    s.cancelWhen(() => holds(s));
    s.start();
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(states(s)).toEqual(AS_FOUND);
    expect(s.images()).toEqual([]);
    expect(s.run()?.leftovers).toEqual([]);
  });

  it("one that does not shut down in time fails the run, and the other is started again", async () => {
    const s = await opened({
      moments: (s) => [
        {
          call: /^http GET /,
          while: () => s().run()?.stops.length === 2,
          happens: () => {
            // Its guest ignores the request.
            Object.assign(s().server("node-2"), { taskState: null, vmState: "active" });
          },
        },
      ],
    });
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure).toMatchObject({
      code: "stop-timeout",
      message: expect.stringContaining("Server node-2 is still ACTIVE"),
    });
    expect(states(s)).toEqual(AS_FOUND);
  });

  it.each([1, 2])(
    "the answer to stop %i is lost: each is stopped and started again",
    async (nth) => {
      const s = await opened({
        faults: () => [{ call: STOP, nth, fault: { kind: "answer-lost" } }],
      });
      s.start();
      expect(await s.finish()).toEqual(["succeeded"]);
      expect(states(s)).toEqual(AS_FOUND);
      expect(s.sent(START)).toBe(2);
    },
  );

  it.each([
    [1, "stop-before", STOP],
    [2, "stop-before", STOP],
    [2, "stop-after", STOP],
    [1, "stop-after", START],
    [2, "stop-before", START],
  ] as const)(
    "a worker dies at call %i (%s %s): every server runs again",
    async (nth, kind, call) => {
      const s = await opened({ faults: () => [{ call, nth, fault: { kind } }] });
      s.start();
      expect(await s.finish()).toEqual(["succeeded"]);
      expect(states(s)).toEqual(AS_FOUND);
    },
  );

  it("a stop that reaches Nova long after the run undoes itself: the server is started again", async () => {
    const s = await opened({
      faults: () => [{ call: STOP, nth: 2, fault: { kind: "late", seconds: 180 } }],
    });
    s.cancelWhen((run) => run.intent?.kind === "stop-server" && run.stops.length === 1, SECOND);
    s.start();
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(states(s)).toEqual(AS_FOUND);
  });

  it("somebody starts one of them before the upload: no image of a disk that is written to", async () => {
    const s = await opened({
      moments: (s) => [
        {
          call: /^http GET /,
          while: () => s().isIn("create-image"),
          happens: () => {
            s().server("node-2").vmState = "active";
          },
        },
      ],
    });
    s.notOurs(s.server("node-2"));
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure).toMatchObject({
      code: "source-started",
      message: expect.stringContaining("Somebody started node-2, which has volume pool"),
    });
    expect(s.images()).toEqual([]);
    expect(states(s)).toEqual(AS_FOUND);
  });

  it("one that is attached after the run has begun is not stopped, and the run says so", async () => {
    const s = await opened({
      moments: (s) => [
        {
          call: /^http GET /,
          while: () => s().run()?.locked === true,
          happens: () => {
            const pool = [...s().cloud.world.volumes.values()].filter((v) => v.name === "pool");
            s().cloud.operator.addServer({ name: "late", volumes: pool });
          },
        },
      ],
    });
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure).toMatchObject({
      code: "volume-live",
      message: expect.stringContaining("attached volume pool to late"),
    });
    expect(s.sent(STOP)).toBe(0);
  });
});
