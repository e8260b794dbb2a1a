import type { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { describe, expect, it } from "vitest";
import { answerApproval } from "../../shared/commands/approve.ts";
import { BEYOND, type Fault } from "./faults.ts";
import {
  CREATE_IMAGE,
  DAY,
  HOUR,
  MINUTE,
  type Scenario,
  SECOND,
  scenario,
  STOP,
} from "./hazards/scenario.ts";

/** What random seeds have found, each as the shortest history that shows it. */

function sleepsUntil(s: Scenario, afterMs: number): Fault {
  return { kind: "pause-before", seconds: (s.begin + afterMs - s.simulation.nowMs) / SECOND };
}

describe("a create that nobody answered, of a worker whose clock is wrong by up to a minute", () => {
  it.each([1, 2, 3, 4, 5, 6])("is found by its name, whatever its time: worker %i", async (n) => {
    const s = await scenario({
      seed: `clock ${n}`,
      bounds: BEYOND,
      faults: () => [{ call: CREATE_IMAGE, fault: { kind: "stop-after" } }],
    });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.images()).toEqual([s.current().id]);
  });
});

const CREATE = /POST \S+ (createImage|os-volume_upload_image)/;

/** Only where a cloud gives an image another id than the one asked for, a create may still come after its run. */
function ignoresIds({ settings }: SimulatedCloud): void {
  settings.chosenImageIds = "ignored";
}

describe("a create that nobody answered, and that the cloud carries out at the end of the day after its run", () => {
  it.each([1, 2, 3, 4, 5, 6])(
    "is looked for until then, however wrong clocks are: workers %i",
    async (n) => {
      let endedAtMs: number | undefined;
      const s = await scenario({
        seed: `day ${n}`,
        bounds: BEYOND,
        prepare: ignoresIds,
        faults: (running) => [
          { call: CREATE_IMAGE, fault: { kind: "request-lost" } },
          // So that another worker, with another clock, takes the checks.
          {
            call: /^store commit R#web run/,
            while: () => running().isIn("clean-up-snapshots"),
            fault: { kind: "stop-after" },
          },
        ],
        // So that the last check before is as late as can be.
        transientFailures: ({ simulation: { nowMs } }) => {
          const sinceMs = nowMs - (endedAtMs ?? nowMs);
          return { isDown: sinceMs > 12 * HOUR && sinceMs < DAY - MINUTE };
        },
      });
      s.always(() => {
        if (endedAtMs !== undefined || s.run()?.outcome == null) return;
        endedAtMs = s.simulation.nowMs;
        const name = s.recipeState().lateAttempts[0]?.name ?? "";
        s.after(DAY - SECOND, () => s.cloud.operator.addImage({ name }));
      });
      s.start();
      expect(await s.finish()).toEqual(["succeeded"]);
      expect(s.made()).toBe(2);
      expect(s.images()).toEqual([s.current().id]);
    },
  );
});

describe("a create of an attempt whose image no zone took over, carried out at the end of the day after its run", () => {
  it("is looked for until then, though that attempt is long over", async () => {
    let uploads = 0;
    const s = await scenario({
      recipe: "server: web",
      prepare: (cloud) => {
        ignoresIds(cloud);
        const { settings, faults } = cloud;
        settings.uploadSeconds = () => (++uploads > 1 ? 4 * 3600 : 60);
        faults.add({
          on: { operation: "compute.createImage" },
          effect: { kind: "sync-fails", property: "sync_status_reason" },
        });
      },
      faults: () => [{ call: CREATE_IMAGE, fault: { kind: "request-lost" } }],
    });
    let isOver = false;
    s.always(() => {
      if (isOver || s.run()?.outcome == null) return;
      isOver = true;
      const name = s.recipeState().lateAttempts[0]?.name ?? "";
      s.after(DAY - SECOND, () => s.cloud.operator.addImage({ name }));
    });
    s.start();
    expect(await s.finish(90 * HOUR)).toEqual(["succeeded"]);
    expect(s.run()?.attempt).toBe(2);
    expect(s.images()).toEqual([s.current().id]);
  });
});

describe("a tag that is set when its run has given up waiting for it, so that nobody has confirmed it", () => {
  it("stays until the next image is shown", async () => {
    const tag = /PUT \S+tags.regild-current-web/;
    let uploads = 0;
    const s = await scenario({
      prepare: ({ settings }) => {
        settings.uploadSeconds = () => (++uploads > 1 ? 300 : 60);
      },
      faults: () => [{ call: tag, fault: { kind: "late", seconds: 200 } }],
      always: (call, history) =>
        tag.test(call) && uploads === 1 && history.sent(tag) > 1
          ? { kind: "status", status: 503 }
          : undefined,
    });
    s.start();
    let again = false;
    s.always(() => {
      if (again || s.run()?.outcome == null) return;
      again = true;
      s.start("t2", s.simulation.nowMs - s.begin + SECOND);
    });
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    expect(s.shown()).toEqual([s.recipeState().current]);
  });
});

describe("an image that somebody deletes right after its promotion", () => {
  it.each([1, 2])(
    "takes nothing from consumers: they go on finding the one before it (keep: %i)",
    async (keep) => {
      const s = await scenario({ recipe: `server: web, keep: ${keep}, cooling_off: 0s` });
      s.start();
      await s.until(HOUR);
      const first = s.current();
      s.always(() => {
        const { current } = s.recipeState();
        if (current === null || current === first.id) return;
        s.notOurs({ id: current });
        s.cloud.operator.deleteImage(current);
      });
      s.start("t2", HOUR);
      await s.until(3 * HOUR);
      const { deliveries } = s.simulation;
      await s.until(13 * HOUR);
      // Every quarter of an hour the clouds are tried again.
      expect(s.simulation.deliveries - deliveries).toBeLessThan(10 * 6);
      // The check goes back, and starts one new run; its image is deleted as well.
      expect(await s.finish()).toEqual(["succeeded", "succeeded", "succeeded"]);
      expect(s.shown()).toEqual([first.id]);
    },
  );
});

describe("a worker that sleeps right before it promotes, until a later run has promoted its image", () => {
  it("does not bring the older one back", async () => {
    const s = await scenario({
      recipe: "server: web, keep: 2, cooling_off: 0s",
      faults: (history) => [
        {
          call: /^store commit R#web head/,
          while: () => history().isIn("promote-image"),
          fault: { kind: "pause-before", seconds: 1800 },
        },
      ],
    });
    s.start();
    s.start("t2", 20 * 60 * SECOND);
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    expect(s.shown()).toEqual([s.images().at(-1)]);
  });
});

describe("a worker that sleeps right before it shows an image as current, until a later run's is", () => {
  const wakesMs = 15 * MINUTE + 10 * SECOND;

  it.each([
    ["leaves only the later one shown, and the clean-up goes on", false],
    ["does so too when whoever has shown that one is about to write down that all is done", true],
  ])("%s", async (_rule, isOther) => {
    const slept = { first: false, other: false };
    const s = await scenario({
      recipe: "server: web, keep: 1, cooling_off: 2h",
      bounds: BEYOND,
      always: (call, history) => {
        if (!slept.first && /PUT \S+tags.regild-current-web/.test(call)) {
          slept.first = true;
          return sleepsUntil(history, wakesMs);
        }
        const hasShown = isOther && history.sent(/DELETE \S+tags.regild-current-web/) === 1;
        if (!slept.other && hasShown && call.startsWith("store commit R#web head")) {
          slept.other = true;
          return sleepsUntil(history, wakesMs + SECOND);
        }
        return undefined;
      },
    });
    s.start();
    s.start("t2", 10 * MINUTE);
    await s.until(15 * MINUTE);
    expect(s.runs().map((run) => run.outcome)).toEqual(["succeeded", "succeeded"]);
    expect(s.shown()).toEqual([s.recipeState().current]);
    await s.until(HOUR);
    expect(s.shown()).toEqual([s.recipeState().current]);
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    expect(s.images()).toEqual([s.recipeState().current]);
  });
});

describe("a worker that sleeps before it looks whether its server is to run again", () => {
  it.each([
    ["the next run", { runs: 2, attempts: 1, wakesMs: 10 * MINUTE + 20 * SECOND }],
    ["its run's next attempt", { runs: 1, attempts: 2, wakesMs: 200 * SECOND }],
  ])("leaves it running in the end when %s is about to stop it", async (_next, is) => {
    const atMs: { checks?: number; stops?: number } = {};
    const s = await scenario({
      bounds: BEYOND,
      prepare: ({ faults }) => {
        if (is.attempts === 2)
          faults.add({
            on: { operation: "compute.createImage" },
            effect: { kind: "sync-fails", property: "sync_status_reason" },
          });
      },
      always: (call, history) => {
        const nowMs = history.simulation.nowMs - history.begin;
        if (
          atMs.checks === undefined &&
          history.isIn("restore-source") &&
          call.startsWith("store get S#")
        ) {
          atMs.checks = nowMs;
          return sleepsUntil(history, is.wakesMs);
        }
        if (atMs.stops === undefined && STOP.test(call) && history.sent(STOP) === 2) {
          atMs.stops = nowMs;
          return sleepsUntil(history, is.wakesMs + 10 * SECOND);
        }
        return undefined;
      },
    });
    s.start();
    if (is.runs === 2) s.start("t2", 10 * MINUTE);
    expect(await s.finish()).toEqual(Array.from({ length: is.runs }, () => "succeeded"));
    expect(s.run()?.attempt).toBe(is.attempts);
    expect(atMs.stops).toBeLessThan(is.wakesMs);
    expect([s.sent(STOP), s.server("web").vmState]).toEqual([2, "active"]);
  });

  it("does not start it when the next run has stopped it", async () => {
    const wakesMs = 10 * MINUTE + 30 * SECOND;
    const slept = { checks: false, creates: false };
    const s = await scenario({
      bounds: BEYOND,
      always: (call, history) => {
        if (!slept.checks && history.isIn("restore-source") && call.startsWith("store get S#")) {
          slept.checks = true;
          return sleepsUntil(history, wakesMs);
        }
        if (!slept.creates && CREATE_IMAGE.test(call) && history.runs().length === 2) {
          slept.creates = true;
          return sleepsUntil(history, wakesMs + 10 * SECOND);
        }
        return undefined;
      },
    });
    s.start();
    s.start("t2", 10 * MINUTE);
    await s.until(wakesMs + 5 * SECOND);
    expect([s.sent(CREATE_IMAGE), s.server("web").vmState]).toEqual([2, "stopped"]);
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    expect(s.server("web").vmState).toBe("active");
  });
});

describe("a stop that a worker sends when the server has long been started again, before that worker dies", () => {
  it("is noticed within the hour, and the server started", async () => {
    const s = await scenario({
      bounds: BEYOND,
      faults: () => [
        { call: STOP, fault: { kind: "pause-before", seconds: 700 } },
        // The worker that has slept dies before it can say that it has stopped the server.
        {
          call: /^store commit R#web run/,
          while: () => s.sent(STOP) === 2 && s.run()?.outcome === "succeeded",
          fault: { kind: "stop-before" },
        },
      ],
    });
    s.start();
    await s.until(11 * MINUTE);
    expect([s.run()?.outcome, s.server("web").vmState]).toEqual(["succeeded", "active"]);
    await s.until(13 * MINUTE);
    expect(s.server("web").vmState).toBe("stopped");
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.server("web").vmState).toBe("active");
  });
});

describe("a trigger whose first delivery stopped before its run was written down", () => {
  it("starts its run when it comes again, hours later, with its whole time before it", async () => {
    const s = await scenario({
      faults: () => [{ call: /^store commit T#/, fault: { kind: "stop-after" } }],
      recipe: "server: web, deadline: 30m",
    });
    s.start();
    await s.until(HOUR);
    expect(s.run()).toBeUndefined();
    s.start("t1", 3 * HOUR);
    expect(await s.finish()).toEqual(["succeeded"]);
  });
});

describe("a new image that no Glance shows yet, of a run that is cancelled", () => {
  it("keeps its snapshots until it is gone itself", async () => {
    const s = await scenario({
      recipe: "server: db",
      prepare: ({ settings }) =>
        Object.assign(settings, { showLagSeconds: 20, listLagSeconds: 20 }),
    });
    s.start();
    s.cancelWhen((run) => run.candidate !== null);
    expect(await s.finish()).toEqual(["cancelled"]);
    expect([s.images(), s.snapshots()]).toEqual([[], []]);
  });
});

describe("a worker that sleeps after it was told that a new image is not there", () => {
  it("does not take the time it slept for a second check", async () => {
    const s = await scenario({
      recipe: "volume: data",
      prepare: ({ settings }) =>
        Object.assign(settings, { showLagSeconds: 20, listLagSeconds: 20 }),
      faults: (running) => [
        {
          call: /GET \S+\/images\/[0-9a-f-]{36}$/,
          nth: 2,
          while: () => running().isIn("abandon"),
          fault: { kind: "pause-after", seconds: 45 },
        },
      ],
    });
    s.start();
    s.cancelWhen((run) => run.candidate !== null);
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(s.images()).toEqual([]);
  });
});

describe("a new image that no Glance shows yet, and half a minute later one Glance does not show it either", () => {
  it("is not taken for gone", async () => {
    const s = await scenario({
      recipe: "volume: data",
      prepare: ({ settings }) =>
        Object.assign(settings, { showLagSeconds: 20, listLagSeconds: 20 }),
      transientFailures: (it) => {
        const atMs = it.run()?.candidate?.askedAtMs ?? Infinity;
        const ageMs = it.simulation.nowMs - atMs;
        return { isLagging: ageMs > 35 * SECOND && ageMs < 55 * SECOND };
      },
      faults: (running) => [
        {
          call: /GET \S+\/volumes\/[0-9a-f-]{36}$/,
          nth: 2,
          while: () => running().isIn("abandon"),
          fault: { kind: "pause-after", seconds: 36 },
        },
      ],
    });
    s.start();
    s.cancelWhen((run) => run.candidate !== null);
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(s.images()).toEqual([]);
  });
});

describe("a worker that sleeps on its way to a promotion", () => {
  it("has the image before cool off from the promotion on, not from when it fell asleep", async () => {
    const s = await scenario({
      recipe: "server: web, keep: 1, cooling_off: 30m",
      faults: (running) => [
        {
          call: /GET \S+\/images\/[0-9a-f-]{36}$/,
          nth: 2,
          while: () => running().isIn("promote-image") && running().runs().length === 2,
          fault: { kind: "pause-before", seconds: 42 },
        },
      ],
    });
    let lateMs: number | undefined;
    s.always(() => {
      const retired =
        s.runs().length < 2 ? [] : s.recipeState().images.flatMap((i) => i.retiredAtMs ?? []);
      for (const atMs of retired) lateMs ??= s.simulation.nowMs - atMs;
    });
    s.start();
    s.start("t2", HOUR);
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    expect(lateMs).toBeLessThan(10 * SECOND);
  });
});

describe("an image that somebody deletes before its snapshots are known", () => {
  it.each(["az2 does not answer", "nothing"])(
    "leaves none of them, also when the run ends before the image is seen gone: %s",
    async (trouble) => {
      const s = await scenario({
        recipe: "server: db, keep: 1, cooling_off: 0s",
        always: (call, running) => {
          const isOver = running.run()?.outcome != null;
          return trouble === "nothing" || isOver || !/GET \/image\/az2\//.test(call)
            ? undefined
            : { kind: "status", status: 503 };
        },
      });
      let isDeleted = false;
      s.always(() => {
        const candidate = s.run()?.candidate;
        if (isDeleted || candidate == null) return;
        isDeleted = true;
        s.cloud.operator.deleteImage(candidate.id);
        s.checker.operatorActed("deletes an image", candidate.id);
      });
      s.start();
      expect(await s.finish()).toEqual(["failed"]);
      expect(s.images()).toEqual([]);
      expect(s.snapshots()).toEqual([]);
    },
  );
});

describe("a snapshot that somebody deletes while its image waits for approval", () => {
  it("keeps the image from becoming current, and the run says why", async () => {
    const s = await scenario({ recipe: "server: db, promote: approve" });
    let isDeleted = false;
    s.always(() => {
      const [snapshot] = s.cloud.world.snapshots.values();
      if (isDeleted || snapshot === undefined || s.run()?.approval == null) return;
      isDeleted = true;
      s.cloud.operator.deleteSnapshot(snapshot.id);
      s.checker.operatorActed("deletes a snapshot", snapshot.id);
      const { id = "" } = s.run() ?? {};
      s.simulation.command(
        "anna approves",
        async (deps) => {
          await answerApproval(deps, id, { kind: "approved", by: "anna", reason: null });
        },
        s.simulation.nowMs + HOUR,
      );
    });
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure).toMatchObject({
      code: "image-vanished",
      message: expect.stringMatching(/cannot be promoted: its snapshot \S+ is gone/),
    });
    expect(s.recipeState().current).toBeNull();
    expect(s.snapshots()).toEqual([]);
  });
});

describe("a write that the store refuses because of itself, right behind a create", () => {
  it.each(["server: web", "server: db", "volume: data"])(
    "is known again as one's own, so that nothing that was made is given up: %s",
    async (recipe) => {
      const s = await scenario({
        recipe,
        faults: (running) => [
          {
            call: /^store commit R#web run/,
            while: () => running().sent(CREATE) > 0,
            fault: { kind: "refused-by-own-hand" },
          },
        ],
      });
      s.start();
      expect(await s.finish()).toEqual(["succeeded"]);
      expect(s.made()).toBe(1);
      expect(s.run()?.creationNames.length).toBeLessThanOrEqual(1);
    },
  );
});

describe("a run that nobody approves, on a cloud that has not answered since it asked", () => {
  it("fails for want of an answer, not for its deadline", async () => {
    const s = await scenario({
      recipe: "server: web, promote: approve, approve_within: 1h",
      transientFailures: (running) => {
        const run = running.run();
        return { isDown: run?.approval != null && run.outcome === null };
      },
    });
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure).toMatchObject({ code: "approval-timed-out" });
  });
});
