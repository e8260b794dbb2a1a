import { describe, expect, it } from "vitest";
import { planRemoval } from "../../../shared/image/removal-plan.ts";
import {
  adoptProtection,
  announceTakingOff,
  askedAnew,
  isProtectedByUs,
  nextProtection,
  noteTakenOff,
} from "../../../shared/image/protection.ts";
import type {
  InventoryImage,
  Protection,
  RecipeState,
} from "../../../shared/image/recipe-state.ts";
import { HOUR, image, inventoryImage, NOW, recipeState } from "../builders.ts";

const ID = "now";
const note = (state: Protection["state"]): Protection => ({ atMs: NOW, state, why: null });
const MARK = `${ID}/2026-11-23T09:30:12.000Z`;
const OTHER_MARK = `${ID}/2026-11-22T09:30:12.000Z`;
const rules = { keep: 2, coolingOffMs: 0, maxDeletes: 5 };

function shown(isProtected: boolean, mark: string | null = null) {
  const properties: Record<string, string> = mark === null ? {} : { regild_protected: mark };
  return image({ id: ID, protected: isProtected, properties });
}

function stateOf(is: Partial<InventoryImage>, more: Partial<RecipeState> = {}): RecipeState {
  const entry = inventoryImage({ id: ID, state: "current", promotedAtMs: NOW, ...is });
  return recipeState({ current: ID, protects: true, images: [entry], rules, ...more });
}

function next(state: RecipeState, seen: ReturnType<typeof shown>, atMs = NOW + HOUR) {
  const entry = state.images.find(({ id }) => id === ID);
  return entry === undefined ? null : nextProtection(state, entry, seen, atMs);
}

describe("a current image of a recipe that protects", () => {
  it.each([
    ["nobody has protected: announced, and set", null, shown(false), "on", true],
    ["somebody else has protected: left alone", null, shown(true), null, null],
    ["was asked for, and is not there: sent again", "on", shown(false), "on", true],
    ["is protected", "on", shown(true, MARK), null, null],
    ["a person has released: noted, and not fought", "on", shown(false, MARK), "lifted", null],
    ["a person has protected meanwhile: left alone", "on", shown(true), null, null],
    ["stays released", "lifted", shown(false, MARK), null, null],
    ["the cloud has refused to protect: not asked again", "refused", shown(false), null, null],
    ["was released by Regild: announced anew", "off", shown(false), "on", true],
    ["a person protected after that: left alone", "off", shown(true), null, null],
  ] as const)("that %s", (_what, before, seen, after, isSet) => {
    const step = next(stateOf({ protection: before === null ? null : note(before) }), seen);
    expect(step?.protection?.state ?? null).toBe(after);
    expect(step?.change?.protected ?? null).toBe(isSet);
  });

  it("gets a mark of its own with each announcement, in the same request", () => {
    const later = next(stateOf({ protection: note("off") }), shown(false));
    expect(later).toEqual({
      protection: { atMs: NOW + HOUR, state: "on", why: null },
      change: {
        protected: true,
        properties: { regild_protected: `${ID}/2026-11-23T10:30:12.000Z` },
      },
    });
    const again = next(stateOf({ protection: note("on") }), shown(false));
    expect(again?.change?.properties).toEqual({ regild_protected: MARK });
  });

  it("a mark that was inherited, or is of an earlier announcement, proves nothing", () => {
    const entry = { id: ID, protection: note("on") };
    expect(isProtectedByUs(entry, shown(true, MARK))).toBe(true);
    expect(isProtectedByUs(entry, shown(true, OTHER_MARK))).toBe(false);
    expect(isProtectedByUs(entry, shown(true, MARK.replace(ID, "base")))).toBe(false);
    expect(isProtectedByUs({ id: ID, protection: null }, shown(true, MARK))).toBe(false);
  });
});

describe("of the others", () => {
  const current = inventoryImage({ id: "newest", state: "current", promotedAtMs: NOW });
  const among = (is: Partial<InventoryImage>, keep: number) => {
    const entry = inventoryImage({ id: ID, state: "retired", promotedAtMs: NOW - HOUR, ...is });
    return {
      ...stateOf({}),
      current: "newest",
      images: [entry, current],
      rules: { ...rules, keep },
    };
  };
  const pinned = { by: "anna", reason: null, atMs: NOW };

  it.each([
    ["kept", among({}, 2), true],
    ["pinned", among({ pinned }, 1), true],
    ["older than those to keep", among({}, 1), false],
    ["revoked", among({ revoked: pinned }, 2), false],
    ["of an earlier source", among({ where: { ...current.where, sourceId: "before" } }, 2), false],
  ])("one that is %s", (_what, state, isSet) => {
    expect(next(state, shown(false)) !== null).toBe(isSet);
  });

  it("one that is older than those to keep stays protected until it is deleted", () => {
    expect(next(among({ protection: note("on") }, 1), shown(true, MARK))).toBeNull();
  });
});

describe("a recipe that protects no more", () => {
  const off = (before: Protection["state"], seen: ReturnType<typeof shown>) =>
    next(stateOf({ protection: note(before) }, { protects: false }), seen);

  it.each([
    ["what it has set is taken off", "on", shown(true, MARK), "off", false],
    ["what a lost answer has left is taken off again", "off", shown(true, MARK), "off", false],
    ["what is not set yet is not set any more", "on", shown(false), "off", null],
    ["a mark that is left over goes", "off", shown(false, MARK), "off", false],
    ["nothing is left to do", "off", shown(false), null, null],
    ["what others have protected stays", "on", shown(true), "off", null],
    [
      "what a person has released may be protected anew one day",
      "lifted",
      shown(false),
      null,
      null,
    ],
    ["what a person has protected again stays", "lifted", shown(true, MARK), null, null],
  ] as const)("%s", (_what, before, seen, after, isSet) => {
    const step = off(before, seen);
    expect(step?.protection?.state ?? null).toBe(after);
    expect(step?.change?.protected ?? null).toBe(isSet);
  });

  it("leaves images alone that it has never protected", () => {
    expect(next(stateOf({}, { protects: false }), shown(true))).toBeNull();
  });

  it("is looked at at once, and only if that changes something", () => {
    const before = stateOf({});
    expect(adoptProtection(before, false, NOW)).toMatchObject({
      protects: false,
      projectAtMs: NOW,
    });
    expect(adoptProtection(before, true, NOW)).toBeNull();
    expect(adoptProtection({ ...before, rules: null }, false, NOW)).toBeNull();
    const empty = { ...before, current: null, shown: null, images: [], projectAtMs: null };
    // Seed 60413: without an image there is nothing to show, and no time for it.
    expect(adoptProtection(empty, false, NOW)).toEqual({ ...empty, protects: false });
  });
});

describe("an image that is to be deleted", () => {
  const HERE = { cloud: "mycloud", region: null };
  const deleting = (protection: Protection | null) =>
    stateOf({ state: "deleting", protection }, { current: null });
  const planned = (protection: Protection | null, seen: ReturnType<typeof shown>) =>
    planRemoval(
      deleting(protection),
      { images: new Map([[ID, seen]]), copies: new Map(), users: new Map(), unread: null },
      HERE,
      NOW,
    );

  it("loses Regild's own protection first, and then is looked at again", () => {
    const op = { kind: "take-protection-off", id: ID };
    expect(planned(note("on"), shown(true, MARK))).toEqual({ ops: [op], kept: [], pending: [] });
    expect(planned(note("off"), shown(false)).ops).toEqual([{ kind: "delete", id: ID }]);
  });

  it.each([
    ["no note", null, shown(true), "protected by somebody"],
    ["a note that a backup lost", null, shown(true, MARK), "protected with a mark of Regild that"],
    ["another's protection", note("on"), shown(true), "protected by somebody"],
    ["one set again", note("off"), shown(true), "protected by somebody, after Regild's own"],
    ["one a person set again", note("lifted"), shown(true, MARK), "protected by somebody, after"],
  ])("stays with %s, and says so", (_what, protection, seen, why) => {
    const { ops, kept } = planned(protection, seen);
    expect(ops).toEqual([]);
    expect(kept).toEqual([{ id: ID, why: expect.stringContaining(why) }]);
  });

  it("is announced before the request, and only while it is to be deleted", () => {
    const announced = announceTakingOff(deleting(note("on")), ID);
    expect(announced?.images[0]?.protection?.state).toBe("off");
    expect(announceTakingOff(announced ?? deleting(null), ID)).toBeNull();
    expect(announceTakingOff(deleting(note("lifted")), ID)).toBeNull();
    expect(announceTakingOff(stateOf({ protection: note("on") }), ID)).toBeNull();
  });
});

it("what a person takes off is noted by the check of the current image as well", () => {
  const state = stateOf({ protection: note("on") });
  const after = noteTakenOff(state, ID, shown(false, MARK));
  expect(after.images[0]?.protection?.state).toBe("lifted");
  for (const seen of [null, shown(true, MARK), shown(false)])
    expect(noteTakenOff(state, ID, seen)).toBe(state);
});

it("a rollback protects anew what a person has released, or the cloud has refused", () => {
  expect(askedAnew(note("lifted"))).toBeNull();
  expect(askedAnew(note("refused"))).toBeNull();
  expect(askedAnew(note("on"))).toEqual(note("on"));
});
