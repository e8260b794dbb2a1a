import { describe, expect, it } from "vitest";
import { decide } from "../../../shared/steps/clean-up-snapshots.ts";
import { comparableId } from "../../../shared/cloud-ids.ts";
import type { Snapshot } from "../../../shared/cloud-ports.ts";
import { MINUTE, NOW, part, run, snapshot } from "../builders.ts";

type Seen = Parameters<typeof decide>[1];

const doomed = [part({ id: "snapshot-1" })];
const cleaning = run({ step: "clean-up-snapshots", promoted: true, snapshotsCleaned: 2 });

function look(there: Snapshot | null, is: Partial<Seen> = {}, of = cleaning) {
  const seen = { parts: new Map([["snapshot-1", there]]), volumes: [], namedBy: new Map() };
  const parts = { ...seen, unread: null };
  return decide(of, { doomed, parts, orphans: [], ...is }, NOW);
}

describe("snapshots that nobody of ours needs any more", () => {
  it("are deleted, then gone when GET says 404, and counted", () => {
    expect(look(snapshot())).toMatchObject({
      kind: "act",
      act: { ops: [{ kind: "delete", part: { id: "snapshot-1" } }] },
      set: {},
      thenWaitSeconds: 2,
    });
    expect(look(null)).toMatchObject({
      kind: "act",
      act: { ops: [{ kind: "gone" }] },
      set: { snapshotsCleaned: 3 },
      thenWaitSeconds: 0,
    });
  });

  it("are waited for while the cloud deletes them", () => {
    expect(look(snapshot({ status: "deleting" }))).toMatchObject({ kind: "wait" });
  });

  it("that another image names are left alone, and the run ends", () => {
    const namedBy = new Map([[comparableId("snapshot-1"), ["theirs"]]]);
    const seen = { parts: new Map([["snapshot-1", snapshot()]]), volumes: [], namedBy };
    const parts = { ...seen, unread: null };
    expect(look(snapshot(), { parts })).toMatchObject({ kind: "end" });
  });

  it("are left to the recipe's own looks after a minute, and while their delete is put off", () => {
    const patientNoMore = { ...cleaning, stepSinceMs: NOW - MINUTE };
    expect(look(snapshot(), {}, patientNoMore)).toMatchObject({ kind: "end" });
    expect(look(snapshot({ status: "deleting" }), {}, patientNoMore)).toMatchObject({
      kind: "end",
    });
    const refused = { doomed: [part({ id: "snapshot-1", refusedAtMs: NOW - MINUTE })] };
    expect(look(snapshot(), refused)).toMatchObject({ kind: "end" });
    expect(look(null, refused)).toMatchObject({ kind: "act" });
  });

  it("that a try left which failed half-way are written down first, then deleted as the others", () => {
    expect(look(snapshot(), { orphans: ["snapshot-0"] })).toMatchObject({
      kind: "act",
      act: { orphans: ["snapshot-0"], ops: [] },
    });
  });

  it("are none: the run ends", () => {
    expect(look(null, { doomed: [] })).toMatchObject({ kind: "end" });
  });
});
