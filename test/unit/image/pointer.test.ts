import { describe, expect, it } from "vitest";
import {
  carriedOut,
  currentSinceMs,
  earlierImages,
  type Fitness,
  refusalOf,
} from "../../../shared/image/pointer.ts";
import type {
  InventoryImage,
  PointerRequest,
  RecipeState,
} from "../../../shared/image/recipe-state.ts";
import { HOUR, inventoryImage, NOW, recipeState } from "../builders.ts";

const GOOD: Fitness = { kind: "good" };
const BAD: Fitness = { kind: "bad", why: "it is deactivated" };
const UNKNOWN: Fitness = { kind: "unknown", why: "the cloud did not answer" };

const retired = (id: string, hoursAgo: number, is: Partial<InventoryImage> = {}) =>
  inventoryImage({ id, state: "retired", promotedAtMs: NOW - hoursAgo * HOUR, ...is });
const one = retired("one", 30);
const two = retired("two", 20);
const three = inventoryImage({ id: "three", state: "current", promotedAtMs: NOW - 10 * HOUR });

const back: PointerRequest = {
  id: "q1",
  kind: "rollback",
  from: "three",
  imageId: null,
  by: "anna",
  reason: "no network",
  atMs: NOW - HOUR,
};
const revoke: PointerRequest = { ...back, kind: "revoke", imageId: "three" };

const stateWith = (request: PointerRequest, is: Partial<RecipeState> = {}) =>
  recipeState({
    current: "three",
    images: [one, two, three],
    pointerRequests: [request],
    ...is,
  });
const carry = (
  request: PointerRequest,
  fitness: Record<string, Fitness>,
  is: Partial<RecipeState> = {},
) => carriedOut(stateWith(request, is), request, new Map(Object.entries(fitness)), NOW);
const states = (after: RecipeState | null) =>
  after?.images.map(({ id, state }) => `${id} ${state}`);

describe("the images to go back to", () => {
  it("are those that were current before, the nearest first", () => {
    expect(earlierImages(stateWith(back)).map(({ id }) => id)).toEqual(["two", "one"]);
  });

  it.each<[string, Partial<InventoryImage>]>([
    ["a revoked one", { revoked: { by: "anna", reason: null, atMs: NOW } }],
    ["one that a rollback has left", { rolledBackAtMs: NOW }],
    ["one in another project", { where: { ...two.where, projectId: "other" } }],
    ["one that was promoted later", { promotedAtMs: NOW }],
    ["one that is being deleted", { state: "deleting" }],
  ])("do not have %s", (_what, is) => {
    const state = stateWith(back, { images: [one, { ...two, ...is }, three] });
    expect(earlierImages(state).map(({ id }) => id)).toEqual(["one"]);
  });
});

describe("a rollback", () => {
  it("moves the pointer, marks the image that was left, and answers, in one write", () => {
    const after = carry(back, { two: GOOD });
    expect(states(after)).toEqual(["one retired", "two current", "three retired"]);
    expect(after).toMatchObject({ current: "two", projectAtMs: NOW, pointerRequests: [] });
    expect(after?.images[1]).toMatchObject({ currentAgainAtMs: NOW, retiredAtMs: null });
    expect(after?.images[2]).toMatchObject({ rolledBackAtMs: NOW, retiredAtMs: NOW });
    expect(after?.pointerChanges).toMatchObject([
      { id: "q1", kind: "rolled-back", from: "three", to: "two", by: "anna", note: null },
    ]);
  });

  it("has the nearest image looked at before it moves anything", () => {
    expect(carry(back, {})).toBeNull();
    expect(carry(back, { two: BAD })).toBeNull();
  });

  it("passes over an image that is not good, and says so", () => {
    const after = carry(back, { two: BAD, one: GOOD });
    expect(after?.current).toBe("one");
    expect(after?.pointerChanges[0]?.note).toBe("two: it is deactivated");
  });

  it("takes an image that nobody could look at, and says so", () => {
    const after = carry(back, { two: UNKNOWN });
    expect(after?.current).toBe("two");
    expect(after?.pointerChanges[0]?.note).toContain("the cloud did not answer");
  });

  it("changes nothing but its answer when no image is good", () => {
    const after = carry(back, { two: BAD, one: BAD });
    expect(states(after)).toEqual(["one retired", "two retired", "three current"]);
    expect(after).toMatchObject({ current: "three", pointerRequests: [], projectAtMs: null });
    expect(after?.pointerChanges).toMatchObject([{ kind: "refused", to: null }]);
  });

  it("to a later image that a rollback had left leaves no mark on the current one", () => {
    const left = retired("four", 5, { rolledBackAtMs: NOW - HOUR });
    const forth = { ...back, imageId: "four" };
    const after = carry(forth, { four: GOOD }, { images: [one, two, three, left] });
    expect(after?.current).toBe("four");
    expect(after?.images.find(({ id }) => id === "three")?.rolledBackAtMs).toBeNull();
    expect(after?.images.find(({ id }) => id === "four")?.rolledBackAtMs).toBeNull();
  });

  it("that is carried out already does nothing", () => {
    const after = carry(back, { two: GOOD }) ?? raise();
    expect(carriedOut(after, back, new Map([["one", GOOD]]), NOW)).toBeNull();
  });

  it.each([
    ["another image is current by now", { ...back, from: "two" }, "another image is current"],
    ["the image is unknown", { ...back, imageId: "nine" }, "web has no image nine"],
    ["the image is current", { ...back, imageId: "three" }, "image three is current"],
    ["there is none to revoke", { ...revoke, imageId: null }, "has no image"],
  ])("or revoke is refused when %s", (_when, request, why) => {
    expect(refusalOf(stateWith(request), request)).toContain(why);
    expect(carry(request, {})?.pointerChanges).toMatchObject([{ kind: "refused" }]);
  });
});

describe("the run at work", () => {
  it("is barred from promoting its image", () => {
    expect(carry(back, { two: GOOD }, { activeRun: "r" })?.barredRun).toBe("r");
  });

  it("is not, if its image is the one that was left: it only goes forward", () => {
    const images = [one, two, { ...three, run: "r" }];
    expect(carry(back, { two: GOOD }, { activeRun: "r", images })?.barredRun).toBeNull();
  });
});

describe("a revoke", () => {
  it("of the current image marks it, and the nearest good one takes over", () => {
    const after = carry(revoke, { two: GOOD });
    expect(after?.current).toBe("two");
    expect(after?.images[2]).toMatchObject({
      state: "retired",
      revoked: { by: "anna", reason: "no network", atMs: NOW },
    });
    expect(after?.pointerChanges).toMatchObject([
      { kind: "revoked", revoked: "three", from: "three", to: "two" },
    ]);
  });

  it("of the only good image leaves none", () => {
    const after = carry(revoke, { two: BAD, one: BAD });
    expect(after?.current).toBeNull();
    expect(after?.projectAtMs).toBe(NOW);
    expect(after?.images[2]?.revoked).not.toBeNull();
  });

  it("of another image looks at none, leaves the pointer, and has the cloud shown it", () => {
    const after = carry({ ...revoke, imageId: "one" }, {});
    expect(after).toMatchObject({ current: "three", projectAtMs: NOW });
    expect(after?.images[0]?.revoked).not.toBeNull();
    expect(after?.pointerChanges).toMatchObject([{ revoked: "one", from: null, to: null }]);
  });

  it("is refused a second time, and of an image that is being deleted", () => {
    const revoked = { ...one, revoked: { by: "ben", reason: null, atMs: NOW } };
    const deleting = { ...two, state: "deleting" as const };
    const state = stateWith(revoke, { images: [revoked, deleting, three] });
    expect(refusalOf(state, { ...revoke, imageId: "one" })).toBe("image one is revoked");
    expect(refusalOf(state, { ...revoke, imageId: "two" })).toBe("image two is deleting");
  });
});

it("the current image is current since the rollback, or since its promotion", () => {
  expect(currentSinceMs(stateWith(back))).toBe(NOW - 10 * HOUR);
  expect(currentSinceMs(carry(back, { two: GOOD }) ?? raise())).toBe(NOW);
});

function raise(): RecipeState {
  throw new Error("nothing was carried out");
}
