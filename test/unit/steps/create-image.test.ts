import { describe, expect, it } from "vitest";
import { decide } from "../../../shared/steps/create-image.ts";
import type { Run } from "../../../shared/run/record.ts";
import {
  candidate,
  recipeState,
  inventoryImage,
  NOW,
  resource,
  recipe,
  run,
  SECOND,
  snapshot,
  source,
  volume,
} from "../builders.ts";

type Seen = Parameters<typeof decide>[1];

const nothing: Seen = {
  recipeState: recipeState(),
  snapshot: null,
  volume: null,
  restoring: { kind: "done" },
  isRunning: false,
  users: [],
  early: null,
  making: null,
  sourceState: null,
};

describe("the first check", () => {
  it.each([
    ["server", "create-image"],
    ["system_disk", "image-job"],
    ["full_server", "image-job"],
    ["volume", "upload-image"],
    ["snapshot", "create-snapshot"],
    ["root_volume", "create-snapshot"],
  ] as const)("announces, for capture %s: %s", (capture, intent) => {
    const of = run({ recipe: recipe({ capture }), source: source({ volumeId: "volume-1" }) });
    expect(decide(of, nothing, NOW)).toMatchObject({ kind: "intend", intent });
  });
});

describe("a capture by way of a snapshot", () => {
  const mine = run().id;
  const resources = [
    resource({ id: "volume-2", kind: "volume", run: mine, state: "kept" }),
    resource({ id: "snapshot-1", run: mine, state: "kept" }),
  ];
  const withSnapshot: Partial<Run> = { snapshot: { id: "snapshot-1", name: "s" } };
  const withBoth: Partial<Run> = { ...withSnapshot, volume: { id: "volume-2", name: "v" } };
  const observe = (is: Partial<Run>, seen: Partial<Seen>) =>
    decide(
      run({ recipe: recipe({ capture: "root_volume" }), stepSinceMs: NOW - 20 * SECOND, ...is }),
      { ...nothing, recipeState: recipeState({ resources }), ...seen },
      NOW,
    );

  it.each([
    ["snapshot", withSnapshot],
    ["volume", withBoth],
  ])("writes its %s into the inventory before anything else is made", (_what, is) => {
    expect(
      observe(is, { recipeState: recipeState(), snapshot: snapshot(), volume: volume() }),
    ).toMatchObject({
      kind: "act",
      act: { kind: "register-resources" },
    });
  });

  it("waits until the snapshot is available, and longer the longer it takes", () => {
    const creating = { snapshot: snapshot({ status: "creating" }) };
    expect(observe(withSnapshot, creating)).toMatchObject({
      kind: "wait",
      seconds: 10,
      text: "snapshot creating",
    });
    expect(observe({ ...withSnapshot, stepSinceMs: NOW }, creating)).toMatchObject({ seconds: 2 });
    expect(observe({ ...withSnapshot, stepSinceMs: 0 }, creating)).toMatchObject({ seconds: 60 });
  });

  it("of a server that is to be stopped, and that somebody has started, takes no snapshot", () => {
    expect(observe({}, { isRunning: true })).toMatchObject({
      kind: "fail",
      code: "source-started",
    });
  });

  it("starts the server again as soon as the snapshot holds the content: the outage ends there", () => {
    const start = { kind: "act", act: { kind: "start" } };
    const restoring = { kind: "start" as const, serverId: "server-1" };
    expect(observe(withSnapshot, { snapshot: snapshot(), restoring })).toMatchObject(start);
    expect(observe(withBoth, { volume: volume(), restoring })).toMatchObject(start);
    const creating = snapshot({ status: "creating" });
    expect(observe(withSnapshot, { snapshot: creating, restoring })).toMatchObject({
      kind: "wait",
    });
  });

  it("notes when the server runs again", () => {
    const restoring = {
      kind: "clear" as const,
      serverId: "server-1",
      deleted: false,
      wishedAtMs: NOW,
    };
    expect(observe(withBoth, { volume: volume(), restoring })).toMatchObject({
      kind: "act",
      act: { kind: "clear" },
      set: { restoredAtMs: NOW },
    });
  });

  it("goes on without waiting for the server, which has its time until the upload is over", () => {
    const restoring = { kind: "wait" as const, text: "web-golden SHUTOFF, powering-on" };
    expect(observe(withSnapshot, { snapshot: snapshot(), restoring })).toMatchObject({
      kind: "intend",
      intent: "create-volume",
    });
    expect(observe(withBoth, { volume: volume(), restoring })).toMatchObject({
      kind: "intend",
      intent: "upload-image",
    });
  });

  it("waits until the temporary volume is available", () => {
    expect(observe(withBoth, { volume: volume({ status: "creating" }) })).toMatchObject({
      kind: "wait",
      text: "temporary volume creating",
    });
  });

  it.each([
    ["snapshot", withSnapshot, { snapshot: snapshot({ status: "error" }) }, "snapshot-1 is error"],
    ["snapshot", withSnapshot, { snapshot: null }, "snapshot-1 was deleted"],
    ["volume", withBoth, { volume: volume({ status: "error" }) }, "volume-2 is error"],
    ["volume", withBoth, { volume: null }, "volume-2 was deleted"],
  ])("fails when its %s broke or vanished", (kind, is, seen, told) => {
    expect(observe(is, seen)).toMatchObject({
      kind: "fail",
      code: `${kind}-failed`,
      message: `The temporary ${kind} ${told}`,
    });
  });
});

describe("an image that was asked for", () => {
  const made = run({ candidate: candidate(), imageName: "web-7" });
  const known = recipeState({ images: [inventoryImage({ id: "image-new" })] });
  const observe = (seen: Partial<Seen>) => decide(made, { ...nothing, ...seen }, NOW);

  it("is written into the inventory first", () => {
    expect(observe({})).toMatchObject({ kind: "act", act: { kind: "register-image" } });
  });

  it("is handed on once it is in the inventory", () => {
    expect(observe({ recipeState: known })).toMatchObject({
      kind: "advance",
      to: "check-status",
      text: "web-7  image-new",
    });
  });

  it.each([
    ["Nova's, when earlier ones say that it may be done", "server", false, 60],
    ["made of snapshots, when they may be there", "server", true, 3],
    ["Cinder's, from the begin of the upload", "volume", false, 0],
    ["of an IMS job, which has ended", "system_disk", false, 0],
  ] as const)("is looked at first: %s", (_, capture, volumeBacked, afterSeconds) => {
    const of = { ...made, recipe: recipe({ capture }), source: source({ volumeBacked }) };
    const justAsked = { ...of, candidate: candidate({ askedAtMs: NOW }) };
    const earlier = { ...known, uploadSeconds: [60, 60, 60] };
    expect(decide(justAsked, { ...nothing, recipeState: earlier }, NOW)).toMatchObject({
      afterSeconds,
    });
  });
});
