import { describe, expect, it } from "vitest";
import { decide } from "../../../shared/steps/restore-source.ts";
import {
  candidate,
  HOUR,
  NOW,
  recipe,
  recipeState,
  resource,
  run,
  SECOND,
  server,
  volume,
} from "../builders.ts";

type Seen = Parameters<typeof decide>[1];

function observe(is: Partial<Seen>, of = run()) {
  const seen: Seen = {
    recipeState: recipeState(),
    source: server(),
    restoring: { kind: "done" },
    disk: null,
    removal: "none",
  };
  return decide(of, { ...seen, ...is }, NOW);
}

describe("once the image has its content", () => {
  it("the temporary snapshot and volume are marked for deletion first", () => {
    const resources = [resource({ id: "s", run: run().id, state: "kept" })];
    expect(observe({ recipeState: recipeState({ resources }) })).toMatchObject({
      kind: "act",
      act: { kind: "mark-temporary" },
    });
  });

  it("the volume's own status is waited for: it lags behind the image's", () => {
    expect(observe({ source: volume({ status: "uploading" }) })).toMatchObject({
      kind: "wait",
      text: "volume uploading",
    });
    expect(observe({ source: volume() })).toMatchObject({ kind: "advance" });
  });

  it("a source that somebody has deleted meanwhile fails the run, whatever its image looks like", () => {
    expect(observe({ source: null })).toMatchObject({ kind: "fail", code: "source-gone" });
    const wished = { kind: "clear", serverId: "server-1", deleted: true, wishedAtMs: NOW } as const;
    expect(observe({ source: null, restoring: wished })).toMatchObject({ code: "source-gone" });
  });

  it("the server is started, and looked at again a little later", () => {
    expect(observe({ restoring: { kind: "start", serverId: "server-1" } })).toMatchObject({
      kind: "act",
      act: { kind: "start" },
      thenWaitSeconds: 3,
    });
  });

  it("the server is waited for while a task is running", () => {
    expect(observe({ restoring: { kind: "wait", text: "powering-on" } })).toMatchObject({
      kind: "wait",
      text: "powering-on",
    });
  });

  it("the wish is cleared when the server runs, and its outage ends", () => {
    expect(
      observe({
        restoring: { kind: "clear", serverId: "server-1", deleted: false, wishedAtMs: NOW },
      }),
    ).toMatchObject({
      kind: "act",
      act: { kind: "clear" },
      set: { restoredAtMs: NOW },
    });
  });

  it("a server that can not be started fails the run, with what to do", () => {
    expect(
      observe({
        restoring: { kind: "stuck", serverId: "server-1", text: "web-golden is in ERROR: x" },
      }),
    ).toMatchObject({
      kind: "fail",
      code: "source-not-restored",
      message: "The server does not run again: web-golden is in ERROR: x",
      remedy: expect.stringContaining("openstack server show server-1"),
    });
  });

  it.each([
    ["source as it was found", { stoppedAtMs: null, restoredAtMs: null }],
    ["ACTIVE again, was down 511 s", { stoppedAtMs: NOW - 511 * SECOND, restoredAtMs: NOW }],
  ])("the run goes on: %s", (text, is) => {
    expect(observe({}, run(is))).toEqual({ kind: "advance", to: "validate-sync", text });
  });
});

describe("what an uploaded volume showed, for skip_unchanged", () => {
  const activeAtMs = NOW - HOUR;
  const before = { isStill: true, version: null, lastAction: null };
  const baseline = (updatedAt: string | null, is: Partial<ReturnType<typeof candidate>> = {}) => {
    const sourceState = { ...before, volumes: [{ id: "volume-1", updatedAt: "2026-11-23T01:00" }] };
    const of = run({
      recipe: recipe({ capture: "volume", skipUnchanged: { version: null } }),
      candidate: candidate({ activeAtMs, ...is }),
      sourceState,
    });
    const decision = observe({ source: volume({ updatedAt }) }, of);
    expect(decision.kind).toBe("advance");
    return "set" in decision ? decision.set.sourceState?.volumes : undefined;
  };
  const cinder = (ms: number) => new Date(ms).toISOString().replace("Z", "000");

  it("is the time at which its upload ended", () => {
    for (const late of [-HOUR, 0, 2 * SECOND, 15 * SECOND]) {
      const updatedAt = cinder(activeAtMs + late);
      expect(baseline(updatedAt)).toEqual([{ id: "volume-1", updatedAt }]);
    }
  });

  it.each([
    ["changed again before Regild saw the end", cinder(activeAtMs + 16 * SECOND), {}],
    ["changed just now, after a long outage of Regild", cinder(NOW), {}],
    ["whose time cannot be read", "yesterday", {}],
    ["without a time", null, {}],
    ["whose upload ended nobody knows when", cinder(activeAtMs), { activeAtMs: null }],
  ])("is unknown of one %s", (_what, updatedAt, is) => {
    expect(baseline(updatedAt, is)).toEqual([{ id: "volume-1", updatedAt: null }]);
  });
});
