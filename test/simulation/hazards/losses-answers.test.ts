import { describe, expect, it } from "vitest";
import { CREATE_IMAGE, HOUR, MINUTE, scenario, STOP } from "./scenario.ts";

describe("16: a cancel between a create and its answer", () => {
  it.each([5, 40, 300])("leaves no image behind when the answer takes %i s", async (seconds) => {
    const s = await scenario({
      faults: () => [{ call: CREATE_IMAGE, fault: { kind: "pause-after", seconds } }],
    });
    s.start();
    s.cancelWhen((run) => run.intent?.kind === "create-image", 1000);
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(s.made()).toBe(1);
    expect(s.images()).toEqual([]);
  });

  it("leaves no image behind when the answer gets lost and lists lag", async () => {
    const s = await scenario({
      faults: () => [{ call: CREATE_IMAGE, fault: { kind: "answer-lost" } }],
      prepare: (cloud) => {
        cloud.settings.listLagSeconds = 200;
      },
    });
    s.start();
    s.cancelWhen((run) => run.intent?.kind === "create-image", 1000);
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(s.images()).toEqual([]);
  });
});

describe("17: a stop that arrives after its run was cancelled", () => {
  it.each([50, 300])(
    "does not leave the server stopped when it arrives %i s late",
    async (seconds) => {
      const s = await scenario({
        faults: () => [{ call: STOP, fault: { kind: "pause-before", seconds } }],
      });
      s.start();
      s.cancelWhen((run) => run.intent?.kind === "stop-server", 1000);
      expect(await s.finish()).toEqual(["cancelled"]);
      expect(s.server("web").vmState).toBe("active");
    },
  );
});

describe("17b: a stop that a proxy hands on 58 minutes late, when the cloud is down at the last check for it", () => {
  it("does not leave the server stopped", async () => {
    const s = await scenario({
      faults: () => [{ call: STOP, fault: { kind: "late", seconds: 58 * 60 } }],
      transientFailures: ({ begin, simulation }) => {
        const sinceMs = simulation.nowMs - begin;
        return { isDown: sinceMs > 59 * MINUTE && sinceMs < 70 * MINUTE };
      },
    });
    s.start();
    s.cancelWhen((run) => run.intent?.kind === "stop-server", 1000);
    await s.until(59 * MINUTE);
    expect(s.server("web").vmState).toBe("stopped");
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(s.server("web").vmState).toBe("active");
  });
});

describe("18: a run that ends while the cloud still refuses to start its server", () => {
  it("leaves a debt that is paid once the upload is over, whatever the next run does", async () => {
    const s = await scenario({
      recipe: "server: web, prepare: { stop_server: true }, deadline: 15m",
      prepare: (cloud) => {
        cloud.settings.uploadSeconds = () => 3 * 3600;
      },
    });
    s.start();
    s.start("t2", HOUR);
    await s.until(50 * MINUTE);
    expect(s.run()?.outcome).toBe("failed");
    expect(s.run()?.leftovers.join()).toContain("still has to be started");
    expect(s.server("web").vmState).toBe("stopped");
    expect(await s.finish()).toEqual(["failed", "failed"]);
    expect(s.runs().map((run) => run.failure?.code)).toEqual([
      "deadline-passed",
      "deadline-passed",
    ]);
    expect(s.server("web").vmState).toBe("active");
  });
});
