import { describe, expect, it } from "vitest";
import { decide } from "../../../shared/steps/clean-up-snapshots.ts";
import { comparableId } from "../../../shared/cloud-ids.ts";
import type { Snapshot } from "../../../shared/cloud-ports.ts";
import { MINUTE, NOW, resource, run, snapshot } from "../builders.ts";

type Seen = Parameters<typeof decide>[1];

const deleting = [resource({ id: "snapshot-1" })];
const cleaning = run({ step: "clean-up-snapshots", promoted: true, snapshotsCleaned: 2 });

function observe(there: Snapshot | null, is: Partial<Seen> = {}, of = cleaning) {
  const seen = {
    resources: new Map([["snapshot-1", there]]),
    failures: new Map(),
    volumes: [],
    namedBy: new Map(),
  };
  const resources = { ...seen, unread: null };
  return decide(
    of,
    { deleting, resources, orphans: [], imagesLeft: false, after: null, exporting: null, ...is },
    NOW,
  );
}

describe("snapshots that nobody of ours needs any more", () => {
  it("are deleted, then gone when GET says 404, and counted", () => {
    expect(observe(snapshot())).toMatchObject({
      kind: "act",
      act: { ops: [{ kind: "delete", resource: { id: "snapshot-1" } }] },
      set: {},
      thenWaitSeconds: 2,
    });
    expect(observe(null)).toMatchObject({
      kind: "act",
      act: { ops: [{ kind: "gone" }] },
      set: { snapshotsCleaned: 3 },
      thenWaitSeconds: 0,
    });
  });

  it("are waited for while the cloud deletes them", () => {
    expect(observe(snapshot({ status: "deleting" }))).toMatchObject({ kind: "wait" });
  });

  it("that another image names are left alone, and the run ends", () => {
    const namedBy = new Map([[comparableId("snapshot-1"), ["theirs"]]]);
    const seen = {
      resources: new Map([["snapshot-1", snapshot()]]),
      failures: new Map(),
      volumes: [],
      namedBy,
    };
    const resources = { ...seen, unread: null };
    expect(observe(snapshot(), { resources })).toMatchObject({ kind: "end" });
  });

  it("are left to the recipe's own looks after a minute, and while their delete is put off", () => {
    const patientNoMore = { ...cleaning, stepSinceMs: NOW - MINUTE };
    expect(observe(snapshot(), {}, patientNoMore)).toMatchObject({ kind: "end" });
    expect(observe(snapshot({ status: "deleting" }), {}, patientNoMore)).toMatchObject({
      kind: "end",
    });
    const refused = { deleting: [resource({ id: "snapshot-1", refusedAtMs: NOW - MINUTE })] };
    expect(observe(snapshot(), refused)).toMatchObject({ kind: "end" });
    expect(observe(null, refused)).toMatchObject({ kind: "act" });
  });

  it("that an attempt left which failed half-way are written down first, then deleted as the others", () => {
    expect(observe(snapshot(), { orphans: ["snapshot-0"] })).toMatchObject({
      kind: "act",
      act: { orphans: ["snapshot-0"], ops: [] },
    });
  });

  it("are none: the run ends, and says so unless an old image is left", () => {
    const none = { ...cleaning, snapshotsCleaned: 0 };
    expect(observe(null, { deleting: [] }, none)).toMatchObject({ text: "nothing left over" });
    expect(observe(null, { deleting: [], imagesLeft: true }, none)).toMatchObject({
      kind: "end",
      text: "nothing deleted",
    });
  });
});
