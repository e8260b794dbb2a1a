import { describe, expect, it } from "vitest";
import { decide } from "../../../shared/steps/retire-images.ts";
import type { RecipeState, InventoryImage } from "../../../shared/image/recipe-state.ts";
import type { Image } from "../../../shared/cloud-ports.ts";
import { recipeState, HOUR, image, inventoryImage, MINUTE, NOW, run, SECOND } from "../builders.ts";

const RULES = { keep: 1, coolingOffMs: HOUR, maxDeletes: 5 };
const retiring = run({ step: "retire-images", stepSinceMs: NOW - 10 * SECOND, promoted: true });

function observe(
  state: "retired" | "deleting" | "gone",
  old: Partial<Image> | null,
  is: Partial<RecipeState> = {},
  of = retiring,
) {
  const images = [
    inventoryImage({ id: "old", state }),
    inventoryImage({ id: "current", state: "current" }),
  ];
  const removal = {
    images: new Map([
      ["old", old && image({ id: "old", ...old })],
      ["current", image({ id: "current" })],
    ]),
    copies: new Map(),
    users: new Map(),
    unread: null,
  };
  return decide(
    of,
    { recipeState: recipeState({ images, current: "current", rules: RULES, ...is }), removal },
    NOW,
  );
}

/** As after a clean-up that found the old image protected. */
function withReason(seenAtMs: number): Partial<RecipeState> {
  const kept = { why: "protected by somebody", seenAtMs };
  const current = inventoryImage({ id: "current", state: "current" });
  return { images: [inventoryImage({ id: "old", state: "retired", kept }), current] };
}

describe("what the recipe keeps no longer", () => {
  it("is marked for deletion, then deleted, then gone when GET says 404", () => {
    expect(observe("retired", {})).toMatchObject({
      kind: "act",
      act: { ops: [{ kind: "mark-for-deletion", id: "old" }] },
      thenWaitSeconds: 0,
    });
    expect(observe("deleting", {})).toMatchObject({
      kind: "act",
      act: { ops: [{ kind: "delete", id: "old" }] },
      thenWaitSeconds: 3,
    });
    const deleted = inventoryImage({ id: "old", state: "deleting", deletedAtMs: NOW });
    expect(observe("deleting", null, { images: [deleted] })).toMatchObject({
      kind: "act",
      act: { ops: [{ kind: "gone", id: "old" }] },
      set: { imagesRetired: ["old"] },
    });
    expect(observe("gone", null)).toEqual({
      kind: "advance",
      to: "clean-up-snapshots",
      text: "no old images to delete",
    });
  });

  it("is waited for while the cloud deletes it", () => {
    expect(observe("deleting", { status: "pending_delete" })).toMatchObject({
      kind: "wait",
      text: "1 being deleted",
    });
  });

  it("is left to the recipe's own looks after a minute: a run does not wait for a slow delete", () => {
    const patientNoMore = { ...retiring, stepSinceMs: NOW - MINUTE };
    expect(observe("deleting", {}, {}, patientNoMore)).toMatchObject({ kind: "advance" });
    expect(observe("deleting", { status: "deleted" }, {}, patientNoMore)).toMatchObject({
      kind: "advance",
    });
  });

  it("is not asked for again while its delete is put off", () => {
    const kept = { why: "the cloud refused to delete it, and is asked again later", seenAtMs: NOW };
    const refused = (ago: number) => ({
      images: [inventoryImage({ id: "old", state: "deleting", refusedAtMs: NOW - ago, kept })],
    });
    expect(observe("deleting", {}, refused(HOUR - 1))).toMatchObject({ kind: "advance" });
    expect(observe("deleting", {}, refused(HOUR))).toMatchObject({ kind: "act" });
    expect(observe("deleting", null, refused(1))).toMatchObject({ kind: "act" });
  });

  it("but may not go is named, with the reason", () => {
    expect(observe("retired", { protected: true }, withReason(NOW))).toMatchObject({
      kind: "advance",
      text: "no old images to delete, 1 kept, not old: protected by somebody",
    });
  });

  it("but may not go is written down with its reason first, and again half an hour later", () => {
    const news = {
      kind: "act",
      act: { ops: [], kept: [{ id: "old", why: "protected by somebody" }] },
      text: "old stays: protected by somebody",
    };
    expect(observe("retired", { protected: true })).toMatchObject(news);
    const longAgo = withReason(NOW - HOUR / 2);
    expect(observe("retired", { protected: true }, longAgo)).toMatchObject(news);
  });

  it("is not called deleted by Regild when somebody else has deleted it", () => {
    const gone = (is: Partial<InventoryImage>) => {
      const times = { goneAtMs: NOW, promotedAtMs: NOW - 23 * HOUR };
      const old = inventoryImage({ id: "old", state: "gone", ...times, ...is });
      return observe("gone", null, {
        images: [old, inventoryImage({ id: "current", state: "current" })],
      });
    };
    expect(gone({ reason: "deleted by somebody else" })).toMatchObject({
      text: "no old images to delete, 1 had been deleted by somebody else",
    });
    expect(gone({ reason: "older than the one image to keep" })).toMatchObject({
      text: "no old images to delete, 1 found to be gone already",
    });
    expect(gone({ deletedAtMs: NOW })).toMatchObject({ text: "no old images to delete" });
    const found = inventoryImage({ id: "old", state: "deleting", missingSinceMs: NOW - MINUTE });
    expect(observe("deleting", null, { images: [found] })).toMatchObject({
      act: { ops: [{ kind: "gone", id: "old" }] },
      set: {},
    });
  });

  it("is counted, as are those that stay", () => {
    const three = ["a", "b", "c"].map((id) => inventoryImage({ id, state: "retired" }));
    const kept = { images: [...three, inventoryImage({ id: "current", state: "current" })] };
    const is = { ...kept, rules: { ...RULES, keep: 4 } };
    const deletedTwo = { ...retiring, imagesRetired: ["x", "y"] };
    expect(observe("gone", null, is, deletedTwo)).toMatchObject({
      text: "2 old images deleted, 3 kept",
    });
    expect(observe("gone", null, is)).toMatchObject({ text: "no old images to delete, 3 kept" });
    const deletedOne = { ...retiring, imagesRetired: ["x"], stepSinceMs: NOW - MINUTE };
    expect(observe("deleting", {}, {}, deletedOne)).toMatchObject({
      text: "1 old image deleted, 1 still being deleted",
    });
  });
});
