import { describe, expect, it } from "vitest";
import { deletingResources, planResources } from "../../../shared/image/resource-removal.ts";
import { type ResourcesSeen } from "../../../shared/image/resources-seen.ts";
import { comparableId } from "../../../shared/cloud-ids.ts";
import type { Backup } from "../../../shared/backups.ts";
import type { Image, Snapshot, Volume } from "../../../shared/cloud-ports.ts";
import {
  backup,
  HOUR,
  image,
  MINUTE,
  NOW,
  recipeState,
  resource,
  SECOND,
  snapshot,
  volume,
} from "../builders.ts";

const theSnapshot = resource({ id: "snapshot-1" });
const theVolume = resource({ id: "volume-1", kind: "volume" });

function seen(
  there: Record<string, Snapshot | Volume | Backup | Image | null>,
  is: Partial<ResourcesSeen> = {},
): ResourcesSeen {
  return {
    resources: new Map(Object.entries(there)),
    failures: new Map(),
    volumes: [],
    namedBy: new Map(),
    unread: null,
    ...is,
  };
}

describe("a snapshot marked for deletion", () => {
  const plan = (there: Snapshot | null, is: Partial<ResourcesSeen> = {}) =>
    planResources([theSnapshot], seen({ "snapshot-1": there }, is), NOW);

  it.each(["available", "error"])("is deleted when %s", (status) => {
    expect(plan(snapshot({ status })).ops).toEqual([
      { kind: "delete", resource: theSnapshot, why: null },
    ]);
  });

  it.each(["creating", "deleting", "backing-up", "never-heard-of"])(
    "is waited for when %s",
    (status) => {
      expect(plan(snapshot({ status }))).toEqual({ ops: [], kept: [], pending: ["snapshot-1"] });
    },
  );

  it("is gone when GET says 404", () => {
    expect(plan(null).ops).toEqual([{ kind: "gone", resource: theSnapshot }]);
  });

  it("is kept as long as any image names it, whatever its status", () => {
    for (const status of ["available", "error"]) {
      const namedBy = new Map([[comparableId("snapshot-1"), ["image-a", "image-b"]]]);
      expect(plan(snapshot({ status }), { namedBy })).toEqual({
        ops: [],
        kept: [{ id: "snapshot-1", why: "named by image image-a, image-b" }],
        pending: [],
      });
    }
  });

  it("is kept as long as a volume that was made from it is there", () => {
    const volumes = [volume({ id: "theirs", snapshotId: "snapshot-1" })];
    expect(plan(snapshot(), { volumes }).kept).toEqual([
      { id: "snapshot-1", why: "volume theirs was made from it" },
    ]);
  });

  it("waits for the capture's own volume to go first", () => {
    const made = volume({ id: "volume-1", snapshotId: "snapshot-1" });
    const both = seen({ "snapshot-1": snapshot(), "volume-1": made }, { volumes: [made] });
    expect(planResources([theVolume, theSnapshot], both, NOW)).toEqual({
      ops: [{ kind: "delete", resource: theVolume, why: null }],
      kept: [],
      pending: ["snapshot-1"],
    });
  });

  it("is not asked for again for an hour after the cloud refused, and keeps no other waiting", () => {
    const refused = (ago: number) => ({ ...theSnapshot, refusedAtMs: NOW - ago });
    const both = seen({ "snapshot-1": snapshot(), "volume-1": volume() });
    expect(planResources([theVolume, refused(HOUR - 1)], both, NOW)).toMatchObject({
      ops: [{ kind: "delete", resource: theVolume }],
      kept: [{ id: "snapshot-1" }],
    });
    expect(planResources([refused(HOUR)], both, NOW).ops).toHaveLength(1);
    expect(planResources([refused(1)], seen({ "snapshot-1": null }), NOW).ops).toMatchObject([
      { kind: "gone" },
    ]);
  });

  it("is not touched when this check has not seen it", () => {
    expect(planResources([theSnapshot], seen({}), NOW)).toEqual({ ops: [], kept: [], pending: [] });
  });
});

describe("the backup of a full-server image that is gone", () => {
  const theBackup = resource({ kind: "backup", id: "backup-1", imageId: "image-new" });
  const plan = (there: Backup | null, askedAtMs: number | null = null) => {
    const { ops, ...rest } = planResources(
      [{ ...theBackup, askedAtMs }],
      seen({ "backup-1": there }),
      NOW,
    );
    return { ops: ops.map(({ kind }) => kind), ...rest };
  };
  const nothing = { ops: [], kept: [], pending: [] };

  it("is gone once CBR answers 404", () => {
    expect(plan(null)).toEqual({ ...nothing, ops: ["gone"] });
    expect(plan(null, NOW)).toEqual({ ...nothing, ops: ["gone"] });
  });

  it("is deleted at CBR if nobody has asked IMS to", () => {
    expect(plan(backup())).toEqual({ ...nothing, ops: ["delete"] });
    expect(plan(backup({ status: "error" }))).toEqual({ ...nothing, ops: ["delete"] });
  });

  it("is left to IMS for a minute, and not taken for gone meanwhile", () => {
    expect(plan(backup(), NOW - MINUTE + 1)).toEqual({ ...nothing, pending: ["backup-1"] });
    expect(plan(backup(), NOW - MINUTE)).toEqual({ ...nothing, ops: ["delete"] });
  });

  it.each(["deleting", "waiting_delete", "protecting", "restoring", "never-heard-of"])(
    "is waited for while it is %s",
    (status) => {
      expect(plan(backup({ status }))).toEqual({ ...nothing, pending: ["backup-1"] });
    },
  );

  it("stays while another image is made of it", () => {
    const there = backup({ imageIds: ["image-new", "theirs"] });
    const kept = [{ id: "backup-1", why: "named by image theirs" }];
    expect(plan(there)).toEqual({ ...nothing, kept });
    expect(plan(there, NOW)).toEqual({ ...nothing, kept });
  });
});

describe("a temporary volume marked for deletion", () => {
  const plan = (there: Volume | null) =>
    planResources([theVolume], seen({ "volume-1": there }), NOW);

  it.each(["available", "error"])("is deleted when %s", (status) => {
    expect(plan(volume({ status })).ops).toEqual([
      { kind: "delete", resource: theVolume, why: null },
    ]);
  });

  it.each(["uploading", "creating", "deleting"])("is waited for when %s", (status) => {
    expect(plan(volume({ status })).pending).toEqual(["volume-1"]);
  });

  it("is kept when somebody has attached it to a server", () => {
    const attachments = [{ serverId: "theirs", device: null }];
    expect(plan(volume({ status: "in-use", attachments }))).toEqual({
      ops: [],
      kept: [{ id: "volume-1", why: "attached to a server" }],
      pending: [],
    });
  });
});

describe.each([
  ["snapshot", theSnapshot, snapshot({ status: "error_deleting" })],
  ["volume", theVolume, volume({ status: "error_deleting" })],
] as const)("a %s that is error_deleting", (_kind, deleting, there) => {
  const failure = { message: "delete snapshot:Snapshot failed to delete.", requestId: "req-9" };
  const plan = (askedAtMs: number | null, failures = new Map([[deleting.id, failure]])) =>
    planResources([{ ...deleting, askedAtMs }], seen({ [deleting.id]: there }, { failures }), NOW)
      .ops;

  it("has failed when the delete was ours, with the cloud's reason", () => {
    expect(plan(NOW)).toMatchObject([
      {
        kind: "failed",
        why: 'the cloud tried to delete it and failed (error_deleting). Its reason: "delete snapshot:Snapshot failed to delete." (req-9). Only the cloud\'s operator can help',
      },
    ]);
  });

  it("is asked for once when the delete was somebody else's", () => {
    expect(plan(null)).toMatchObject([
      { kind: "delete", why: expect.stringContaining("error_deleting") },
    ]);
  });

  it("has failed also when the cloud gives no reason", () => {
    expect(plan(NOW, new Map())).toMatchObject([
      { kind: "failed", why: expect.stringContaining("The cloud gives no reason") },
    ]);
  });
});

describe("the image of a further data disk", () => {
  const disk = { name: "web-vdc", device: "vdc" };
  const own = { kind: "image" as const, id: "image-vdc", imageId: "image-vdb", disk };
  const plan = (there: Image | null, is: Partial<ReturnType<typeof resource>> = {}) => {
    const { ops, kept, pending } = planResources(
      [resource({ ...own, ...is })],
      seen({ "image-vdc": there }),
      NOW,
    );
    return [...ops.map(({ kind }) => kind), ...kept.map(({ why }) => why), ...pending];
  };

  it.each([
    ["is deleted", image(), {}, ["delete"]],
    ["is asked for again while it is there", image(), { askedAtMs: NOW }, ["delete"]],
    ["stays while somebody protects it", image({ protected: true }), {}, ["protected by somebody"]],
    [
      "is waited for while Glance deletes it",
      image({ status: "pending_delete" }),
      {},
      ["image-vdc"],
    ],
    ["is gone by one 404 after a delete of ours", null, { askedAtMs: NOW }, ["gone"]],
    ["is noted at the first 404 without one", null, {}, ["note-missing"]],
    ["is waited for until a second 404", null, { missingSinceMs: NOW - SECOND }, ["image-vdc"]],
    ["is gone by the second 404", null, { missingSinceMs: NOW - MINUTE }, ["gone"]],
    ["is not gone if it is seen again", image(), { missingSinceMs: NOW }, ["note-seen", "delete"]],
    ["is waited for if it is new", null, { sinceMs: NOW - SECOND }, ["image-vdc"]],
  ])("%s", (_, there, is, expected) => {
    expect(plan(there, is)).toEqual(expected);
  });
});

it("only resources marked for deletion of this cloud and region are looked at", () => {
  const elsewhere = { ...theSnapshot.where, cloud: "another" };
  const resources = [
    theSnapshot,
    resource({ id: "kept", state: "kept" }),
    resource({ id: "gone", state: "gone" }),
    resource({ id: "elsewhere", where: elsewhere }),
    resource({ id: "other region", where: { ...theSnapshot.where, region: "az2" } }),
  ];
  expect(
    deletingResources(recipeState({ resources }), { cloud: "mycloud", region: null }, NOW),
  ).toEqual([theSnapshot]);
});
