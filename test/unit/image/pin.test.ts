import { describe, expect, it } from "vitest";
import { recipeDueAtMs } from "../../../shared/image/due.ts";
import { beyondKeep, mayGoAtMs } from "../../../shared/image/retention.ts";
import { markForDeletion } from "../../../shared/image/inventory.ts";
import { stateMarks } from "../../../shared/image/marks.ts";
import { pinned, refusalOfPin, unpinned } from "../../../shared/image/pin.ts";
import type { InventoryImage } from "../../../shared/image/recipe-state.ts";
import { HOUR, inventoryImage, NOW, recipeState } from "../builders.ts";

const pin = { by: "anna", reason: "release 4.2", atMs: NOW };
const retired = (id: string, is: Partial<InventoryImage> = {}) =>
  inventoryImage({ id, state: "retired", ...is });
const current = inventoryImage({ id: "now", state: "current", promotedAtMs: NOW });
const rules = { keep: 2, coolingOffMs: 0, maxDeletes: 5 };

describe("a pinned image", () => {
  const old = retired("old", { promotedAtMs: NOW - 90 * HOUR });
  const middle = retired("middle", { promotedAtMs: NOW - 80 * HOUR });
  const last = retired("last", { promotedAtMs: NOW - 70 * HOUR });
  const state = recipeState({ current: "now", images: [old, middle, last, current], rules });
  const ids = (of: typeof state) => beyondKeep(of, 2).map(({ id }) => id);

  it("is not among those that go, and takes no place of theirs", () => {
    expect(ids(state)).toEqual(["middle", "old"]);
    expect(ids(pinned(state, "old", pin) ?? state)).toEqual(["middle"]);
    expect(ids(pinned(state, "last", pin) ?? state)).toEqual(["old"]);
  });

  it("cannot be marked for deletion, also not by a worker that planned it before", () => {
    const after = pinned(state, "old", pin) ?? state;
    expect(markForDeletion(after, "old", "older than the 2", NOW)).toBeNull();
    const free = unpinned(after, "old", NOW) ?? after;
    expect(markForDeletion(free, "old", "older than the 2", NOW)).not.toBeNull();
  });

  it("stays when it is revoked, too", () => {
    const revoked = { ...old, revoked: pin, pinned: pin };
    expect(ids({ ...state, images: [revoked, middle, last, current] })).toEqual(["middle"]);
  });

  it("is shown to the cloud at once, and pinning it again for the same reason changes nothing", () => {
    const after = pinned(state, "old", pin) ?? state;
    expect(after.projectAtMs).toBe(NOW);
    expect(recipeDueAtMs(after)).toBeLessThanOrEqual(NOW);
    expect(pinned(after, "old", { ...pin, atMs: NOW + HOUR })).toBeNull();
    expect(pinned(after, "old", { ...pin, reason: "another" })).not.toBeNull();
    expect(unpinned(state, "old", NOW)).toBeNull();
  });

  it.each([
    ["retired", old, ["regild-pinned"], ["regild-retired"], false],
    ["current", current, ["regild-pinned", "regild-current-web"], ["regild-retired"], false],
    ["revoked", { ...old, revoked: pin }, ["regild-pinned", "regild-revoked"], [], true],
  ])("%s looks like that in the cloud", (_state, image, has, hasNot, hidden) => {
    const marks = stateMarks(state, { ...image, pinned: pin });
    expect(marks.addTags).toEqual(expect.arrayContaining(has));
    expect(marks.removeTags).toEqual(expect.arrayContaining(hasNot));
    expect(marks.change.hidden).toBe(hidden);
    expect(stateMarks(state, image).removeTags).toContain("regild-pinned");
  });

  it.each([
    ["a candidate", inventoryImage({ id: "c" }), "was not promoted yet"],
    ["one that is being deleted", inventoryImage({ id: "d", state: "deleting" }), "being deleted"],
    ["one that is gone", inventoryImage({ id: "g", state: "gone" }), "is gone"],
    ["an unknown one", undefined, "no such image"],
  ])("cannot be %s", (_what, image, why) => expect(refusalOfPin(image, true)).toContain(why));
});

describe("keep with newer_than", () => {
  const young = retired("young", { candidateAtMs: NOW - HOUR, retiredAtMs: NOW });

  it("keeps what was made within that time, beyond at_least", () => {
    const byAge = { ...rules, coolingOffMs: 2 * HOUR, newerThanMs: 30 * HOUR };
    expect(mayGoAtMs(young, byAge)).toBe(NOW + 29 * HOUR);
    expect(mayGoAtMs(young, { ...byAge, newerThanMs: 0 })).toBe(NOW + 2 * HOUR);
  });

  it("does not keep a revoked image", () => {
    const revoked = { ...young, revoked: pin };
    expect(mayGoAtMs(revoked, { ...rules, newerThanMs: 30 * HOUR })).toBe(NOW);
  });
});
