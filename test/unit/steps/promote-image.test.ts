import { describe, expect, it } from "vitest";
import { decide } from "../../../shared/steps/promote-image.ts";
import type { InventoryImage } from "../../../shared/image/recipe-state.ts";
import { candidate, recipeState, image, inventoryImage, MINUTE, NOW, run } from "../builders.ts";

type Seen = Parameters<typeof decide>[1];

const promoting = run({ candidate: candidate(), step: "promote-image" });
const promoted = { ...promoting, promoted: true };
const observe = (observed: Seen, of = promoting) => decide(of, observed, NOW);

function seen(state: InventoryImage["state"] | null, is: Partial<Seen> = {}): Seen {
  const entry = { id: "image-new", promotedAtMs: NOW, replaces: "image-old" };
  const images = state === null ? [] : [inventoryImage({ ...entry, state })];
  return {
    recipeState: recipeState({ images, current: "image-new" }),
    image: image(),
    current: null,
    late: [],
    diskImages: new Map(),
    fitness: null,
    ...is,
  };
}

describe("before the promotion", () => {
  it("an active candidate is promoted", () => {
    expect(observe(seen("candidate"))).toMatchObject({
      kind: "act",
      act: { kind: "promote" },
    });
  });

  it.each([
    [
      "active no longer",
      seen("candidate", { image: image({ status: "deactivated" }) }),
      "it is deactivated",
    ],
    ["marked for deletion by others", seen("deleting"), "it is deleting"],
    ["unknown to the inventory", seen(null), "it is unknown to the inventory"],
  ])("one that is %s is not", (_is, observed, told) => {
    expect(observe(observed)).toMatchObject({
      kind: "fail",
      code: "image-vanished",
      message: expect.stringContaining(told),
    });
  });

  it("one that is 404 is looked for again, and given up the second time", () => {
    expect(observe(seen("candidate", { image: null }))).toMatchObject({
      kind: "wait",
      seconds: 30,
    });
    const missing = { ...promoting, candidate: candidate({ missingSinceMs: NOW - MINUTE }) };
    expect(observe(seen("candidate", { image: null }), missing)).toMatchObject({
      kind: "fail",
      code: "image-vanished",
      message: expect.stringContaining("it is gone"),
    });
  });

  it("a double that an unanswered create has made is marked for deletion first", () => {
    const late = [{ kind: "image" as const, id: "double" }];
    expect(observe(seen("candidate", { late }))).toMatchObject({
      kind: "act",
      act: { kind: "mark-late" },
    });
  });
});

describe("after the promotion", () => {
  it("the run learns from the inventory that it is promoted, and that no failure counts any more", () => {
    expect(observe(seen("current"))).toMatchObject({
      kind: "note",
      set: { promoted: true, failure: null, replacedImageId: "image-old" },
    });
  });

  it("the clouds are shown the pointer, for two minutes: then the recipe's own checks show it", () => {
    const observed = seen("current");
    const unshown = { ...observed, recipeState: { ...observed.recipeState, shown: "image-old" } };
    expect(observe(unshown, promoted)).toMatchObject({ kind: "act", act: { kind: "project" } });
    const patientNoMore = { ...promoted, stepSinceMs: NOW - 2 * MINUTE };
    expect(observe(unshown, patientNoMore)).toMatchObject({ kind: "advance", to: "retire-images" });
  });

  it("the run goes on while the second showing, against a worker that was paused, is still to come", () => {
    const observed = seen("current");
    const again = {
      ...observed,
      recipeState: { ...observed.recipeState, projectAtMs: NOW + MINUTE },
    };
    expect(observe(again, { ...promoted, replacedImageId: "image-old" })).toEqual({
      kind: "advance",
      to: "retire-images",
      text: "current, replaces image-old",
    });
    expect(observe(again, promoted)).toMatchObject({ text: "current, the first of its recipe" });
  });

  it.each(["retired", "deleting", "gone"] as const)(
    "the run goes on, also when its image is %s by now: nothing undoes it",
    (state) => {
      expect(observe(seen(state, { image: null }), promoted)).toMatchObject({
        kind: "advance",
        to: "retire-images",
      });
    },
  );
});
