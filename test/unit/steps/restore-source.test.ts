import { describe, expect, it } from "vitest";
import { decide } from "../../../shared/steps/restore-source.ts";
import { recipeState, NOW, resource, run, SECOND, server, volume } from "../builders.ts";

type Seen = Parameters<typeof decide>[1];

function observe(is: Partial<Seen>, of = run()) {
  const seen: Seen = {
    recipeState: recipeState(),
    source: server(),
    restoring: { kind: "done" },
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
