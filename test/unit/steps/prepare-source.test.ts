import { describe, expect, it } from "vitest";
import { decide } from "../../../shared/steps/prepare-source.ts";
import type { Server } from "../../../shared/cloud-ports.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import type { Run } from "../../../shared/run/record.ts";
import {
  HOUR,
  image,
  MINUTE,
  NOW,
  recipe,
  run,
  SECOND,
  server,
  source,
  sourceItem,
  volume,
} from "../builders.ts";

describe("the recipe's state", () => {
  const none = { activeRun: null, isQueued: false, ahead: [], ended: [], seq: 7 };
  const seen = { kind: "recipe" as const, ...none };
  const other = { id: "other", sameInputs: true };
  const busy = { ...seen, activeRun: "other", ahead: [other] };
  const busyWithOthers = { ...busy, ahead: [{ ...other, sameInputs: false }] };
  const ruled = (ifRunning: Recipe["ifRunning"], is: Partial<Run> = {}) =>
    run({ seq: 0, recipe: recipe({ ifRunning }), ...is });

  it("is taken when no run works on it, and taken over when that run has ended", () => {
    expect(decide(run(), seen, NOW)).toMatchObject({
      kind: "act",
      act: { kind: "take-recipe", from: null },
    });
    const over = { ...seen, activeRun: "ended", ended: ["ended"] };
    expect(decide(run(), over, NOW)).toMatchObject({
      kind: "act",
      act: { kind: "take-recipe", from: "ended", ended: ["ended"] },
    });
  });

  it("is another run's while that works: this one joins it, or a queued one, with the same inputs", () => {
    expect(decide(ruled("join"), busy, NOW)).toEqual({ kind: "join", runId: "other" });
    const queued = { ...busyWithOthers, ahead: [...busyWithOthers.ahead, { ...other, id: "q" }] };
    expect(decide(ruled("join"), queued, NOW)).toEqual({ kind: "join", runId: "q" });
  });

  it.each([
    ["join", busyWithOthers],
    ["queue", busy],
    ["queue", busyWithOthers],
  ] as const)("is another run's: with if_running: %s this one is queued (%#)", (rule, state) => {
    expect(decide(ruled(rule), state, NOW)).toMatchObject({
      kind: "act",
      act: { kind: "enqueue" },
      set: { queuedAtMs: NOW, deadlineAtMs: NOW + 7 * 24 * HOUR },
    });
  });

  it("is another run's: with if_running: skip this one does nothing", () => {
    const text = "skipped: other is under way";
    expect(decide(ruled("skip"), busy, NOW)).toEqual({ kind: "skip", text });
    expect(decide(ruled("skip"), busyWithOthers, NOW)).toEqual({ kind: "skip", text });
    expect(decide(ruled("skip"), seen, NOW)).toMatchObject({ act: { kind: "take-recipe" } });
  });

  it("is waited for, by a queued run also when it would not be queued any more", () => {
    const waiting = { ...busy, isQueued: true };
    for (const rule of ["join", "queue", "skip"] as const) {
      expect(decide(ruled(rule, { queuedAtMs: NOW - HOUR }), waiting, NOW)).toMatchObject({
        kind: "wait",
        text: "queued: waits for other",
        set: { queuedAtMs: NOW - HOUR },
      });
    }
  });

  it("has at most twenty runs waiting", () => {
    const waiting = Array.from({ length: 20 }, (_, n) => ({ id: `q${n}`, sameInputs: false }));
    const full = { ...busy, ahead: [other, ...waiting] };
    expect(decide(ruled("queue"), full, NOW)).toEqual({
      kind: "skip",
      text: "skipped: 20 runs of web wait already",
    });
    const almost = { ...full, ahead: full.ahead.slice(0, -1) };
    expect(decide(ruled("queue"), almost, NOW)).toMatchObject({ act: { kind: "enqueue" } });
  });

  it("gives this run its number once it is this run's, and a queued run its whole time", () => {
    const mine = { ...seen, activeRun: run().id, seq: 8 };
    expect(decide(run({ seq: 0 }), mine, NOW)).toMatchObject({ kind: "note", set: { seq: 8 } });
    const queued = run({ seq: 0, queuedAtMs: NOW - HOUR, deadlineAtMs: NOW });
    expect(decide(queued, mine, NOW)).toMatchObject({
      set: { seq: 8, deadlineAtMs: NOW + 6 * HOUR },
    });
  });
});

describe("the source", () => {
  const found = {
    servers: [server()],
    volumes: [],
    projectId: "project-1",
    bootImage: image(),
    users: [],
  };

  const quota = { volume: null, image: null, compute: null };
  const counts = "glance" as const;
  const need = { snapshots: 0, volumes: 0, gib: 0, images: 1, counts, server: null };
  const rights = {
    restore: null,
    distribution: null,
    visibility: { may: "yes" as const },
    vault: null,
    need,
    quota,
  };

  it("is written down once found", () => {
    expect(decide(run({ source: null }), { kind: "found", found, rights }, NOW)).toEqual({
      kind: "note",
      text: "server web-golden, server-1",
      set: { source: source({ bootImageId: server().imageId }) },
    });
  });

  it("that is not found fails the run", () => {
    const none = { ...found, servers: [] };
    expect(
      decide(run({ source: null }), { kind: "found", found: none, rights: null }, NOW),
    ).toMatchObject({
      kind: "fail",
      code: "source-not-found",
    });
  });

  it.each([
    ["public", "publicize_image", "admin"],
    ["community", "communitize_image", "member"],
  ] as const)("whose image may not be made %s fails the run", (wanted, rule, role) => {
    const of = recipe({ image: { ...recipe().image, visibility: wanted } });
    const refused = { may: "no" as const, why: `You are not authorized to complete ${rule}` };
    const seen = { kind: "found" as const, found, rights: { ...rights, visibility: refused } };
    expect(decide(run({ source: null, recipe: of }), seen, NOW)).toMatchObject({
      kind: "fail",
      code: "visibility-refused",
      message: expect.stringContaining(rule),
      remedy: expect.stringContaining(`policy rule ${rule} (by default, role ${role} has it)`),
    });
  });

  it("goes on where the image service cannot be asked about the visibility", () => {
    const unknown = { may: "unknown" as const, why: "no image to ask with" };
    const seen = { kind: "found" as const, found, rights: { ...rights, visibility: unknown } };
    expect(decide(run({ source: null }), seen, NOW)).toMatchObject({ kind: "note" });
  });

  it("whose name makes the image's too long fails the run before anything is done", () => {
    const named = { ...recipe().image, name: "${{ source.name }}-${{ short_id }}" };
    const of = run({ source: null, recipe: recipe({ image: named }) });
    const long = { ...found, servers: [server({ name: "x".repeat(240) })] };
    expect(decide(of, { kind: "found", found: long, rights }, NOW)).toMatchObject({
      kind: "fail",
      code: "bad-image-name",
      message: expect.stringContaining("is 247 bytes long, and 242 is the most"),
      remedy: "Change web.image.name in recipes.yml",
    });
  });
});

describe("the locks", () => {
  const seen = { kind: "locks" as const, heldBy: null, endedOwners: [], mine: false };

  it("are waited for while a run that works holds one, also when another's owner has ended", () => {
    expect(decide(run(), { ...seen, heldBy: "other", endedOwners: ["x"] }, NOW)).toEqual({
      kind: "wait",
      seconds: 30,
      text: "waits for other, which works on the same source",
    });
  });

  it("are taken when free, and from runs that have ended, no others", () => {
    expect(decide(run(), { ...seen, endedOwners: ["x"] }, NOW)).toMatchObject({
      kind: "act",
      act: { kind: "take-locks", from: ["x"] },
    });
  });

  it("start the deadline once they are all this run's: waiting for another run does not count", () => {
    const later = NOW + 60 * MINUTE;
    expect(decide(run(), { ...seen, mine: true }, later)).toMatchObject({
      kind: "note",
      set: { locked: true, deadlineAtMs: later + recipe().deadlineMs },
    });
  });
});

const stopping = recipe({
  prepare: {
    stopServer: true,
    stopTimeoutMs: 10 * MINUTE,
    allowLive: false,
    waitForShutoffMs: null,
    restore: null,
    hook: null,
  },
});

describe("a server that may run", () => {
  const observe = (is: Partial<Server> | null) =>
    decide(
      run(),
      { kind: "server", server: is && server(is), item: null, isOffByRequest: false },
      NOW,
    );

  it.each(["ACTIVE", "SHUTOFF", "SUSPENDED", "PAUSED"])("is taken as it is: %s", (status) => {
    expect(observe({ status })).toMatchObject({
      kind: "advance",
      to: "create-image",
      text: status,
    });
  });

  it.each(["ACTIVE", "SHUTOFF"])("%s is waited for while a task is running", (status) => {
    expect(observe({ status, taskState: "image_uploading" })).toMatchObject({
      kind: "wait",
      text: `${status}, image_uploading`,
    });
  });

  it.each(["BUILD", "REBOOT", "NEVER_HEARD_OF"])("is waited for, by name: %s", (status) => {
    expect(observe({ status })).toMatchObject({ kind: "wait", text: status });
  });

  it.each(["RESCUE", "SHELVED_OFFLOADED"])("fails the run when it stays %s for good", (status) => {
    expect(observe({ status })).toMatchObject({ kind: "fail", code: "server-status" });
  });

  it("that is gone, or in ERROR, fails the run", () => {
    expect(observe(null)).toMatchObject({
      kind: "fail",
      code: "source-gone",
      message: "The server web-golden (server-1) was deleted",
    });
    expect(
      observe({ status: "ERROR", taskState: "spawning", faultMessage: "No valid host" }),
    ).toMatchObject({
      kind: "fail",
      code: "server-error",
      message: "Server web-golden is in ERROR: No valid host",
    });
  });
});

describe("a server that is to be stopped", () => {
  const observe = (is: {
    server?: Partial<Server>;
    wished?: boolean;
    /** Before now. */
    stoppedMs?: number;
  }) => {
    const stoppedAtMs = is.stoppedMs === undefined ? null : NOW - is.stoppedMs;
    const item = sourceItem({ wishedPower: is.wished === false ? null : "ACTIVE" });
    const seen = {
      kind: "server" as const,
      server: server(is.server),
      item,
      isOffByRequest: false,
    };
    return decide(run({ recipe: stopping, stoppedAtMs }), seen, NOW);
  };

  it("has it written down first that it is to run again", () => {
    expect(observe({ wished: false })).toMatchObject({ kind: "act", act: { kind: "wish-power" } });
  });

  it("is then stopped, with the intent announced", () => {
    expect(observe({})).toMatchObject({ kind: "intend", intent: "stop-server" });
  });

  it("has it written down again when somebody struck it out before the stop took effect", () => {
    const stopped = { server: { status: "SHUTOFF" }, stoppedMs: 5 * SECOND };
    expect(observe({ ...stopped, wished: false })).toMatchObject({
      kind: "act",
      act: { kind: "wish-power" },
    });
  });

  it("found SHUTOFF is taken as it is, and nobody wishes it to run", () => {
    expect(observe({ server: { status: "SHUTOFF" }, wished: false })).toMatchObject({
      kind: "advance",
      to: "create-image",
      text: "SHUTOFF",
    });
  });

  it("is not asked again while its stop is under way, or may not show yet", () => {
    expect(
      observe({ server: { taskState: "powering-off" }, stoppedMs: 60 * SECOND }),
    ).toMatchObject({
      kind: "wait",
    });
    expect(observe({ stoppedMs: 9 * SECOND })).toMatchObject({ kind: "wait" });
  });

  it("that runs again, though it was stopped, is not stopped again and again", () => {
    expect(observe({ stoppedMs: 60 * SECOND })).toMatchObject({ kind: "wait" });
  });

  it.each(["PAUSED", "SUSPENDED"])("cannot be stopped as it is: %s fails the run", (status) => {
    expect(observe({ server: { status } })).toMatchObject({ kind: "fail", code: "server-status" });
  });

  it("has its image taken once it is SHUTOFF and no task is running, however late", () => {
    expect(
      observe({ server: { status: "SHUTOFF", taskState: "powering-off" }, stoppedMs: 5 }),
    ).toMatchObject({ kind: "wait" });
    expect(observe({ server: { status: "SHUTOFF" }, stoppedMs: 60 * MINUTE })).toMatchObject({
      kind: "advance",
      text: "ACTIVE → SHUTOFF",
    });
  });

  it.each([null, "powering-off"])(
    "fails the run when it has not stopped in time, task %s",
    (taskState) => {
      expect(observe({ server: { taskState }, stoppedMs: 10 * MINUTE - 1 })).not.toHaveProperty(
        "code",
      );
      expect(observe({ server: { taskState }, stoppedMs: 10 * MINUTE })).toMatchObject({
        kind: "fail",
        code: "stop-timeout",
        message: `Server web-golden is still ACTIVE${taskState === null ? "" : ", powering-off"}, 600 s after it was asked to stop`,
      });
    },
  );

  it("that was stopped by somebody else's doing in time is not failed for being late in a task", () => {
    expect(
      observe({
        server: { status: "SHUTOFF", taskState: "image_uploading" },
        stoppedMs: 60 * MINUTE,
      }),
    ).toMatchObject({ kind: "wait" });
  });
});

describe("a volume", () => {
  const ofVolume = run({ source: source({ kind: "volume", id: "volume-1", name: "data-golden" }) });
  const observe = (status: string | null) =>
    decide(
      ofVolume,
      {
        kind: "volume",
        volume: status === null ? null : volume({ status }),
        servers: [],
        saving: { snapshot: null, disk: null },
      },
      NOW,
    );

  it.each(["available", "in-use"])("is taken when %s", (status) => {
    expect(observe(status)).toMatchObject({ kind: "advance", to: "create-image" });
  });

  it.each(["uploading", "maintenance"])("is waited for, by name: %s", (status) => {
    expect(observe(status)).toMatchObject({ kind: "wait", text: `volume ${status}` });
  });

  it("in error, or gone, fails the run", () => {
    expect(observe("error_restoring")).toMatchObject({ kind: "fail", code: "volume-error" });
    expect(observe(null)).toMatchObject({ kind: "fail", code: "source-gone" });
  });
});
