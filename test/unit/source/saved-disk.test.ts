import { describe, expect, it } from "vitest";
import { decidePutBack, type SavedDisk } from "../../../shared/source/saved-disk.ts";
import { runSchema } from "../../../shared/run/record.ts";
import { sourceSchema } from "../../../shared/source/item.ts";
import { NOW, run, savedDisk, SECOND, server, snapshot, sourceItem, volume } from "../builders.ts";

const SETTLE_MS = 72 * SECOND;

const saved = (is: Partial<SavedDisk> = {}): SavedDisk =>
  savedDisk({
    run: "run-1",
    recipeName: "app",
    volumeId: "volume-1",
    snapshotId: "snapshot-1",
    ...is,
  });

const attached = { attachments: [{ serverId: "server-1", device: "/dev/vdb" }], status: "in-use" };
const ELSEWHERE = { ...attached, attachments: [{ serverId: "other", device: "/dev/vdb" }] };
const detached = { attachments: [], status: "available" };

function decide(
  disk: Partial<SavedDisk>,
  is: {
    volume?: Partial<ReturnType<typeof volume>> | null;
    server?: Partial<ReturnType<typeof server>> | null;
    snapshot?: Partial<ReturnType<typeof snapshot>> | null;
  },
) {
  const off = { id: "server-1", name: "app", status: "SHUTOFF", taskState: null };
  const seen = {
    volume: is.volume === null ? null : volume({ id: "volume-1", ...attached, ...is.volume }),
    server: is.server === null ? null : server({ ...off, ...is.server }),
    snapshot: is.snapshot === null ? null : snapshot({ status: "available", ...is.snapshot }),
  };
  return decidePutBack(saved(disk), seen, {
    serverId: "server-1",
    nowMs: NOW,
    settleMs: SETTLE_MS,
  });
}

describe("the next step for a saved disk", () => {
  it.each([
    ["its server runs", {}, { server: { status: "ACTIVE" } }, { kind: "call", call: "stop" }],
    ["its server is off", {}, {}, { kind: "call", call: "detach" }],
    [
      "its server changes its state",
      {},
      { server: { taskState: "powering-off" } },
      { kind: "wait" },
    ],
    ["its server is in ERROR", {}, { server: { status: "ERROR" } }, { kind: "stuck" }],
    ["it is being detached", {}, { volume: { status: "detaching" } }, { kind: "wait" }],
    ["it is detached", {}, { volume: detached }, { kind: "call", call: "revert" }],
    [
      "it is kept, and was never started",
      { stage: "kept" },
      { volume: detached },
      { call: "revert" },
    ],
    ["it is uploaded", {}, { volume: { ...detached, status: "uploading" } }, { kind: "wait" }],
    [
      "it is reverted just now",
      {},
      { volume: { ...detached, status: "reverting" } },
      { kind: "wait" },
    ],
    [
      "its snapshot is restoring",
      {},
      { volume: detached, snapshot: { status: "restoring" } },
      { kind: "wait" },
    ],
    [
      "its snapshot is broken",
      {},
      { volume: detached, snapshot: { status: "error" } },
      { kind: "stuck" },
    ],
    ["the revert has failed", {}, { volume: { ...detached, status: "error" } }, { kind: "stuck" }],
    ["its snapshot is gone", {}, { snapshot: null }, { kind: "clear" }],
    [
      "its snapshot is gone while it is detached",
      {},
      { volume: detached, snapshot: null },
      { kind: "stage", to: "reverted" },
    ],
    ["it was deleted", {}, { volume: null }, { kind: "clear" }],
    ["another server has it", {}, { volume: ELSEWHERE }, { kind: "stuck" }],
    [
      "it is as it was",
      { stage: "reverted" },
      { volume: detached },
      { kind: "call", call: "attach" },
    ],
    [
      "it is as it was, and its server is gone",
      { stage: "reverted" },
      { volume: detached, server: null },
      { kind: "clear" },
    ],
    ["its server has it again", { stage: "reverted" }, {}, { kind: "clear" }],
    [
      "it is not attached yet",
      { stage: "reverted" },
      { volume: { status: "attaching" } },
      { kind: "wait" },
    ],
    ["nothing was prepared", { stage: "unused" }, {}, { kind: "stage", to: "dropped" }],
    ["nothing was prepared, and nothing will be", { stage: "dropped" }, {}, { kind: "clear" }],
    [
      "a detach may still come",
      { stage: "watched", lateDetachUntilMs: NOW + SECOND },
      {},
      { kind: "done" },
    ],
    [
      "a detach came late",
      { stage: "watched", lateDetachUntilMs: NOW + SECOND },
      { volume: detached },
      { call: "attach" },
    ],
    ["no detach came", { stage: "watched", lateDetachUntilMs: NOW }, {}, { kind: "clear" }],
  ] as const)("where %s", (_what, disk, is, next) => {
    expect(decide(disk, is)).toMatchObject(next);
  });

  it("waits while a call may still be on its way, and makes another one then", () => {
    const call = { id: "a", kind: "detach" as const, atMs: NOW - SETTLE_MS + 1 };
    expect(decide({ call }, {})).toMatchObject({ kind: "wait" });
    expect(decide({ call: { ...call, atMs: NOW - SETTLE_MS } }, {})).toMatchObject({
      call: "detach",
    });
  });
});

it("records of a time before disks were saved are read", () => {
  const { savedDisk: _source, ...source } = sourceItem();
  expect(sourceSchema.parse(source).savedDisk).toBeNull();
  const { savedDisk: _run, ...earlier } = run();
  const { restore: _restore, ...prepare } = earlier.recipe.prepare;
  const parsed = runSchema.parse({ ...earlier, recipe: { ...earlier.recipe, prepare } });
  expect([parsed.savedDisk, parsed.recipe.prepare.restore]).toEqual([null, null]);
});
