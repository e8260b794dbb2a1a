import { describe, expect, it } from "vitest";
import type { Head } from "../../../shared/image/head.ts";
import { planRemoval } from "../../../shared/image/removal.ts";
import type { Image } from "../../../shared/cloud-ports.ts";
import { head, image, ledgerImage, NOW, part, SECOND } from "../builders.ts";

const HERE = { cloud: "mycloud", region: null };
const doomed = ledgerImage({ id: "doomed", state: "doomed" });

function plan(is: Partial<Image> | null | undefined, of: Partial<Head> = {}) {
  const seen = is === undefined ? [] : [["doomed", is && image({ id: "doomed", ...is })] as const];
  const ledger = head({ images: [doomed], ...of });
  return planRemoval(ledger, { images: new Map(seen), users: new Map(), unread: null }, HERE, NOW);
}

describe("a doomed image", () => {
  it.each(["active", "queued", "saving", "killed", "deactivated"])(
    "is deleted when %s",
    (status) => {
      expect(plan({ status }).ops).toEqual([{ kind: "delete", id: "doomed" }]);
    },
  );

  it("is gone when the cloud has said that it deleted it and GET says 404, and not before", () => {
    const images = [ledgerImage({ id: "doomed", state: "doomed", deletedAtMs: NOW - SECOND })];
    expect(plan(null, { images }).ops).toEqual([{ kind: "gone", id: "doomed" }]);
    expect(plan(undefined, { images }).ops).toEqual([]);
    expect(plan({}, { images }).ops).toEqual([{ kind: "delete", id: "doomed" }]);
  });

  it("that nobody has deleted is gone after two 404s half a minute apart: one Glance may lag", () => {
    const missing = (agoMs: number | null) => {
      const missingSinceMs = agoMs === null ? null : NOW - agoMs;
      return { images: [ledgerImage({ id: "doomed", state: "doomed", missingSinceMs })] };
    };
    expect(plan(null, missing(null)).ops).toEqual([{ kind: "note-missing", id: "doomed" }]);
    expect(plan(null, missing(29 * SECOND))).toEqual({ ops: [], kept: [], pending: ["doomed"] });
    expect(plan(null, missing(30 * SECOND)).ops).toEqual([{ kind: "gone", id: "doomed" }]);
    expect(plan(null, missing(181 * SECOND)).ops).toEqual([{ kind: "note-missing", id: "doomed" }]);
    expect(plan({}, missing(30 * SECOND)).ops).toEqual([
      { kind: "note-seen", id: "doomed" },
      { kind: "delete", id: "doomed" },
    ]);
  });

  it("that was just made is not believed to be gone, however often it is 404: it may not be shown yet", () => {
    const made = (agoMs: number, missingSinceMs: number | null) => ({
      images: [
        ledgerImage({
          id: "doomed",
          state: "doomed",
          candidateAtMs: NOW - agoMs,
          missingSinceMs,
        }),
      ],
    });
    const waits = { ops: [], kept: [], pending: ["doomed"] };
    expect(plan(null, made(29 * SECOND, null))).toEqual(waits);
    expect(plan(null, made(29 * SECOND, NOW - 30 * SECOND))).toEqual(waits);
    expect(plan(null, made(30 * SECOND, null)).ops).toEqual([
      { kind: "note-missing", id: "doomed" },
    ]);
  });

  it.each(["deleted", "pending_delete"])("is waited for when %s", (status) => {
    expect(plan({ status })).toEqual({ ops: [], kept: [], pending: ["doomed"] });
  });

  it("is left alone when somebody has protected it", () => {
    expect(plan({ protected: true })).toEqual({
      ops: [],
      kept: [{ id: "doomed", why: "protected by somebody" }],
      pending: [],
    });
  });

  it.each(["regild-current-web", "regild-retired"])(
    "is left alone when it bears %s, and the ledger does not know of its promotion",
    (tag) => {
      const unpromoted = { images: [{ ...doomed, promotedAtMs: null }] };
      expect(plan({ tags: [tag] }, unpromoted)).toMatchObject({
        ops: [],
        kept: [{ id: "doomed", why: expect.stringContaining("promoted") }],
      });
      const promoted = { images: [{ ...doomed, promotedAtMs: NOW }] };
      expect(plan({ tags: [tag] }, promoted).ops).toEqual([{ kind: "delete", id: "doomed" }]);
    },
  );

  it("has its snapshots written down before it goes: nothing else points at them", () => {
    const parts = [part({ id: "s1", imageId: "doomed", state: "kept" })];
    expect(plan({ snapshotIds: ["s1", "s2"] }, { parts }).ops).toEqual([
      { kind: "note-snapshots", id: "doomed", snapshotIds: ["s2"] },
      { kind: "delete", id: "doomed" },
    ]);
  });

  it.each(["cloud", "region"] as const)(
    "of another %s is none of this look's business",
    (field) => {
      const elsewhere = { ...doomed, where: { ...doomed.where, [field]: "another" } };
      expect(plan({}, { images: [elsewhere] }).ops).toEqual([]);
    },
  );
});

describe("an image that is not doomed", () => {
  it.each(["candidate", "current", "retired", "gone"] as const)("is not deleted: %s", (state) => {
    const images = [{ ...doomed, state }];
    expect(plan({}, { images }).ops).toEqual([]);
  });
});
