import { describe, expect, it } from "vitest";
import { TIMING } from "../simulation.ts";
import {
  CREATE_IMAGE,
  DAY,
  HOUR,
  MINUTE,
  type Scenario,
  scenario,
  type ScenarioOptions,
} from "./scenario.ts";

const PATIENT =
  "server: web, prepare: { stop_server: true }, keep: 1, cooling_off: 0s, deadline: 3d";

type TransientFailures = Exclude<ReturnType<NonNullable<ScenarioOptions["always"]>>, undefined>;

/** Nothing but this answers for a day, from when the second run comes to a step. */
async function aDayOf(transientFailures: TransientFailures, step: string): Promise<Scenario> {
  const since: { atMs?: number } = {};
  const s = await scenario({
    recipe: PATIENT,
    always: (call, s) => {
      const run = s.run();
      if (run?.trigger.id === "t2" && run.step === step) since.atMs ??= s.simulation.nowMs;
      const lasts = since.atMs !== undefined && s.simulation.nowMs < since.atMs + DAY;
      return lasts && call.startsWith("http") ? transientFailures : undefined;
    },
  });
  s.start();
  s.start("t2", HOUR);
  if (step === "abandon")
    s.cancelWhen((run) => run.trigger.id === "t2" && run.step === "check-status");
  await s.until(HOUR + DAY);
  expect(since.atMs).toBeDefined();
  return s;
}

function deadLetters(s: Scenario): number {
  const letters = [...s.simulation.table.items.values()].filter((i) => i.key.pk.startsWith("D#"));
  const queued = [...s.simulation.queues.messages.values()];
  return letters.length + queued.filter((message) => message.queue === "dead-letters").length;
}

describe("20: a whole day of transient failures", () => {
  it.each([
    ["503", { kind: "status", status: 503 }],
    ["502 of a proxy", { kind: "status", status: 502, html: true }],
    ["429", { kind: "status", status: 429, retryAfter: "11" }],
    ["refused connections", { kind: "not-sent" }],
    ["silence", { kind: "request-lost" }],
  ] as const)(
    "of %s makes no run a dead letter, and is waited out",
    async (_what, transientFailures) => {
      const s = await aDayOf(transientFailures, "check-status");
      expect(s.server("web").vmState).toBe("stopped");
      expect(await s.finish(4 * DAY)).toEqual(["succeeded", "succeeded"]);
      expect(s.simulation.thrown).toEqual([]);
      expect(deadLetters(s)).toBe(0);
      expect(s.made()).toBe(2);
      // Waiting costs little: gaps grow to minutes.
      expect(s.sent(/^http/)).toBeLessThan(3000);
    },
  );

  it.each([
    "prepare-source",
    "create-image",
    "restore-source",
    "validate-sync",
    "promote-image",
    "retire-images",
    "clean-up-snapshots",
  ])("that begins in %s is waited out", async (step) => {
    const s = await aDayOf({ kind: "status", status: 503 }, step);
    expect(await s.finish(4 * DAY)).toEqual(["succeeded", "succeeded"]);
    expect(s.simulation.thrown).toEqual([]);
    expect(deadLetters(s)).toBe(0);
    expect(s.images()).toEqual([s.recipeState().current]);
  });

  it("that begins in abandon ends the run at its deadline, and what is left is done afterwards", async () => {
    const s = await aDayOf({ kind: "status", status: 503 }, "abandon");
    expect(await s.finish(4 * DAY)).toEqual(["succeeded", "cancelled"]);
    expect(s.simulation.thrown).toEqual([]);
    expect(deadLetters(s)).toBe(0);
    expect(s.images()).toEqual([s.recipeState().current]);
    expect(s.server("web").vmState).toBe("active");
  });

  it.each([
    ["asks for its image, and has no answer", "create-image", "unknown"],
    ["waits for its image", "check-status", undefined],
    ["is being undone", "abandon", undefined],
  ] as const)(
    "that does not end ends a run that %s with its deadline and grace, however long the cloud asks to wait",
    async (_what, step, answer) => {
      const since: { atMs?: number } = {};
      const s = await scenario({
        recipe: "server: web, prepare: { stop_server: true }, deadline: 50m",
        faults: () =>
          answer === undefined ? [] : [{ call: CREATE_IMAGE, fault: { kind: "answer-lost" } }],
        always: (call, s) => {
          const run = s.run();
          if (run?.step === step && run.intent?.answer === answer)
            since.atMs ??= s.simulation.nowMs;
          const lasts = since.atMs !== undefined && s.simulation.nowMs < since.atMs + 2 * DAY;
          return lasts && call.startsWith("http")
            ? { kind: "status", status: 503, retryAfter: "86400" }
            : undefined;
        },
      });
      s.start();
      if (step === "abandon") s.cancelWhen((run) => run.step === "check-status");
      await s.until(2 * HOUR);
      expect(s.run()?.outcome).toBe(step === "abandon" ? "cancelled" : "failed");
      const { endedAtMs, deadlineAtMs } = s.run() ?? { endedAtMs: null, deadlineAtMs: 0 };
      expect(endedAtMs).toBeLessThan(deadlineAtMs + TIMING.graceMs + 2 * MINUTE);
      expect(s.server("web").vmState).toBe("stopped");
      await s.finish(5 * DAY);
      expect(s.simulation.thrown).toEqual([]);
      expect(s.server("web").vmState).toBe("active");
      expect(s.images()).toEqual([]);
    },
  );

  it("of the store alone throws, and yet the run goes on where it was", async () => {
    const s = await scenario({
      recipe: PATIENT,
      always: (call, s) => {
        const { nowMs } = s.simulation;
        const isDown = nowMs > s.begin + MINUTE / 2 && nowMs < s.begin + 20 * MINUTE;
        return isDown && call.startsWith("store") ? { kind: "request-lost" } : undefined;
      },
    });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.simulation.thrown.length).toBeGreaterThan(0);
    expect(s.made()).toBe(1);
  });
});
