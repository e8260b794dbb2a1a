import { describe, expect, it } from "vitest";
import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import { planRemoval } from "../../../shared/image/removal-plan.ts";
import type { Image } from "../../../shared/cloud-ports.ts";
import { recipeState, image, inventoryImage, NOW, resource, SECOND } from "../builders.ts";

const HERE = { cloud: "mycloud", region: null };
const deleting = inventoryImage({ id: "deleting", state: "deleting" });

function plan(is: Partial<Image> | null | undefined, of: Partial<RecipeState> = {}) {
  const seen =
    is === undefined ? [] : [["deleting", is && image({ id: "deleting", ...is })] as const];
  const inventory = recipeState({ images: [deleting], ...of });
  return planRemoval(
    inventory,
    { images: new Map(seen), copies: new Map(), users: new Map(), unread: null },
    HERE,
    NOW,
  );
}

describe("an image marked for deletion", () => {
  it.each(["active", "queued", "saving", "killed", "deactivated"])(
    "is deleted when %s",
    (status) => {
      expect(plan({ status }).ops).toEqual([{ kind: "delete", id: "deleting" }]);
    },
  );

  it("is gone when the cloud has said that it deleted it and GET says 404, and not before", () => {
    const images = [
      inventoryImage({ id: "deleting", state: "deleting", deletedAtMs: NOW - SECOND }),
    ];
    expect(plan(null, { images }).ops).toEqual([{ kind: "gone", id: "deleting" }]);
    expect(plan(undefined, { images }).ops).toEqual([]);
    expect(plan({}, { images }).ops).toEqual([{ kind: "delete", id: "deleting" }]);
  });

  it("that nobody has deleted is gone after two 404s half a minute apart: one Glance may lag", () => {
    const missing = (agoMs: number | null) => {
      const missingSinceMs = agoMs === null ? null : NOW - agoMs;
      return { images: [inventoryImage({ id: "deleting", state: "deleting", missingSinceMs })] };
    };
    expect(plan(null, missing(null)).ops).toEqual([{ kind: "note-missing", id: "deleting" }]);
    expect(plan(null, missing(29 * SECOND))).toEqual({ ops: [], kept: [], pending: ["deleting"] });
    expect(plan(null, missing(30 * SECOND)).ops).toEqual([{ kind: "gone", id: "deleting" }]);
    expect(plan(null, missing(181 * SECOND)).ops).toEqual([
      { kind: "note-missing", id: "deleting" },
    ]);
    expect(plan({}, missing(30 * SECOND)).ops).toEqual([
      { kind: "note-seen", id: "deleting" },
      { kind: "delete", id: "deleting" },
    ]);
  });

  it("that was just made is not believed to be gone, however often it is 404: it may not be shown yet", () => {
    const made = (agoMs: number, missingSinceMs: number | null) => ({
      images: [
        inventoryImage({
          id: "deleting",
          state: "deleting",
          candidateAtMs: NOW - agoMs,
          missingSinceMs,
        }),
      ],
    });
    const waits = { ops: [], kept: [], pending: ["deleting"] };
    expect(plan(null, made(29 * SECOND, null))).toEqual(waits);
    expect(plan(null, made(29 * SECOND, NOW - 30 * SECOND))).toEqual(waits);
    expect(plan(null, made(30 * SECOND, null)).ops).toEqual([
      { kind: "note-missing", id: "deleting" },
    ]);
  });

  it.each(["deleted", "pending_delete"])("is waited for when %s", (status) => {
    expect(plan({ status })).toEqual({ ops: [], kept: [], pending: ["deleting"] });
  });

  it("is left alone when somebody has protected it", () => {
    expect(plan({ protected: true })).toEqual({
      ops: [],
      kept: [{ id: "deleting", why: "protected by somebody" }],
      pending: [],
    });
  });

  it.each(["regild-current-web", "regild-retired"])(
    "is left alone when it bears %s, and the inventory does not know of its promotion",
    (tag) => {
      const unpromoted = { images: [{ ...deleting, promotedAtMs: null }] };
      expect(plan({ tags: [tag] }, unpromoted)).toMatchObject({
        ops: [],
        kept: [{ id: "deleting", why: expect.stringContaining("promoted") }],
      });
      const promoted = { images: [{ ...deleting, promotedAtMs: NOW }] };
      expect(plan({ tags: [tag] }, promoted).ops).toEqual([{ kind: "delete", id: "deleting" }]);
    },
  );

  it("has its snapshots written down before it goes: nothing else points at them", () => {
    const resources = [resource({ id: "s1", imageId: "deleting", state: "kept" })];
    expect(plan({ snapshotIds: ["s1", "s2"] }, { resources }).ops).toEqual([
      { kind: "note-snapshots", id: "deleting", snapshotIds: ["s2"] },
      { kind: "delete", id: "deleting" },
    ]);
  });

  describe("of a whole server", () => {
    const place = { vaultId: "vault-1", serverId: "server-1", sinceMs: NOW };
    const whole = { ...deleting, backup: place };
    const note = (backupId: string | null) => ({
      kind: "note-backup",
      id: "deleting",
      image: { id: "deleting", backupId },
    });

    it.each(["backup-1", null])("has its backup written down before it goes: %s", (backupId) => {
      expect(plan({ backupId }, { images: [whole] }).ops).toEqual([
        note(backupId),
        { kind: "delete", id: "deleting" },
      ]);
    });

    it("goes at once if the inventory has its backup", () => {
      const known = { kind: "backup" as const, id: "backup-1", imageId: "deleting" };
      const resources = [resource({ ...known, state: "kept" })];
      expect(plan({ backupId: "backup-1" }, { images: [whole], resources }).ops).toEqual([
        { kind: "delete", id: "deleting" },
      ]);
    });

    it("has its backup looked for also if somebody else has deleted it", () => {
      const images = [{ ...whole, missingSinceMs: NOW - 30 * SECOND }];
      expect(plan(null, { images }).ops).toEqual([note(null), { kind: "gone", id: "deleting" }]);
    });

    it("is the only kind that has one, whatever an image shows", () => {
      expect(plan({ backupId: "inherited" }).ops).toEqual([{ kind: "delete", id: "deleting" }]);
    });
  });

  it.each(["cloud", "region"] as const)(
    "of another %s is none of this check's business",
    (field) => {
      const elsewhere = { ...deleting, where: { ...deleting.where, [field]: "another" } };
      expect(plan({}, { images: [elsewhere] }).ops).toEqual([]);
    },
  );
});

describe("an image that is not marked for deletion", () => {
  it.each(["candidate", "current", "retired", "gone"] as const)("is not deleted: %s", (state) => {
    const images = [{ ...deleting, state }];
    expect(plan({}, { images }).ops).toEqual([]);
  });
});
