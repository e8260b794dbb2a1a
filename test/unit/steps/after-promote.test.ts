import { describe, expect, it } from "vitest";
import type { Run } from "../../../shared/run/record.ts";
import { decideAfterPromote } from "../../../shared/steps/after-promote.ts";
import { candidate, MINUTE, NOW, recipe, run, SECOND, server, timing } from "../builders.ts";

const { windowMs } = timing;
const build = server({ name: "build-7", metadata: { purpose: "golden" } });
const wish = (afterPromote: "delete_server" | "stop_server") =>
  recipe({ afterPromote, allowSource: { name: "build-*", metadata: { purpose: "golden" } } });
const ending = (is: Partial<Run> = {}): Run =>
  run({
    step: "clean-up-snapshots",
    promoted: true,
    candidate: candidate(),
    recipe: wish("delete_server"),
    ...is,
  });
const announced = { announcedAtMs: NOW, doneAtMs: null, kept: null };
const told = ending({ afterPromote: announced });
const stopping = ending({ recipe: wish("stop_server"), afterPromote: announced });

function decide(of: Run, now: typeof build | null, is = {}, nowMs = NOW) {
  return decideAfterPromote(
    of,
    { server: now, isCurrent: true, heldBy: null, windowMs, ...is },
    nowMs,
  );
}

describe("the server of a build whose image is current", () => {
  it("is announced before it is deleted", () => {
    const text = "is to delete server web-golden (server-1)";
    expect(decide(ending(), build)).toMatchObject({
      kind: "note",
      text,
      set: { afterPromote: announced },
    });
    expect(decide(told, build)).toMatchObject({ kind: "act", act: { kind: "delete-server" } });
  });

  it("is announced anew by a worker that slept, and waited for while a task runs", () => {
    expect(decide(told, build, {}, NOW + windowMs)).toMatchObject({
      kind: "note",
      set: { afterPromote: { announcedAtMs: NOW + windowMs } },
    });
    expect(decide(told, { ...build, taskState: "deleting" })).toMatchObject({ kind: "wait" });
  });

  it.each([
    ["gone", told, null],
    ["soft-deleted", told, { ...build, status: "SOFT_DELETED" }],
    ["stopped", stopping, { ...build, status: "SHUTOFF" }],
    ["gone, and was to be stopped", stopping, null],
  ])("is done with once it is %s", (_how, of, now) => {
    expect(decide(of, now, {}, NOW + SECOND)).toMatchObject({
      kind: "note",
      set: { afterPromote: { announcedAtMs: NOW, doneAtMs: NOW + SECOND, kept: null } },
    });
  });

  it("is stopped if the recipe wishes that", () => {
    expect(decide(stopping, build)).toMatchObject({ kind: "act", act: { kind: "stop-server" } });
  });

  it.each([
    ["renamed", { ...build, name: "prod-db" }, {}, "does not match build-*"],
    ["marked otherwise", { ...build, metadata: {} }, {}, "has no purpose"],
    ["locked", { ...build, locked: true }, {}, "it is locked"],
    ["worked on by another run", build, { heldBy: "other" }, "other works on it"],
    ["no source of the current image", build, { isCurrent: false }, "not current any more"],
  ])("stays if it is %s, and the report says why", (_how, now, seen, why) => {
    const decision = decide(told, now, seen);
    expect(decision).toMatchObject({ kind: "note", set: { afterPromote: { doneAtMs: null } } });
    expect(JSON.stringify(decision)).toContain(why);
  });

  it("stays if the cloud does not do it within five minutes", () => {
    const late = { ...told, stepSinceMs: NOW - 5 * MINUTE };
    expect(decide(late, { ...build, taskState: "deleting" })).toMatchObject({
      set: { afterPromote: { kept: "after five minutes it is still deleting" } },
    });
  });
});
