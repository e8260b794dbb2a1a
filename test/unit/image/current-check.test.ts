import { describe, expect, it } from "vitest";
import {
  CHECK_EVERY_MS,
  currentCheckAtMs,
  faultOfCurrent,
  noteCheck,
  putOffCheck,
  RECHECK_MS,
} from "../../../shared/image/current-check.ts";
import type { CurrentCheck, RecipeState } from "../../../shared/image/recipe-state.ts";
import { promote } from "../../../shared/image/inventory.ts";
import { recipeState, HOUR, image, inventoryImage, MINUTE, NOW, run, SECOND } from "../builders.ts";

const current = inventoryImage({ id: "current", state: "current", promotedAtMs: NOW - HOUR });
const checked = (is: Partial<CurrentCheck> = {}): RecipeState =>
  recipeState({
    current: "current",
    images: [current, inventoryImage({ id: "next" })],
    currentCheck: {
      imageId: "current",
      dueAtMs: NOW,
      goodAtMs: NOW - 6 * HOUR,
      fault: null,
      ...is,
    },
  });
const fault = (sinceMs: number, isConfirmed = false, status = "deleted") => ({
  fault: { status, sinceMs, isConfirmed },
});
const after = (of: RecipeState, status: string | null, nowMs = NOW, entry = current) =>
  noteCheck(of, entry, status === null ? null : image({ id: "current", status }), nowMs)
    ?.currentCheck;

describe("when the current image is checked", () => {
  it("is six hours after its promotion, then when the last check said", () => {
    expect(currentCheckAtMs(recipeState({ current: "current", images: [current] }))).toBe(
      NOW - HOUR + CHECK_EVERY_MS,
    );
    expect(currentCheckAtMs(checked({ dueAtMs: NOW + 7 }))).toBe(NOW + 7);
    expect(currentCheckAtMs(recipeState())).toBeNull();
  });

  it("begins anew with an image that became current since", () => {
    const replaced = promote(checked(fault(NOW, true)), "next", NOW, {
      rules: null,
      uploadSeconds: null,
    });
    expect(replaced && currentCheckAtMs(replaced)).toBe(NOW + CHECK_EVERY_MS);
    expect(replaced && faultOfCurrent(replaced)).toBeNull();
  });

  it("is a quarter of an hour later if the cloud cannot be asked, and what is known stays", () => {
    const off = putOffCheck(checked(fault(NOW - HOUR, true)), NOW);
    expect(off?.currentCheck).toMatchObject({
      dueAtMs: NOW + RECHECK_MS,
      ...fault(NOW - HOUR, true),
    });
    expect(putOffCheck(checked({ dueAtMs: NOW + 1 }), NOW)).toBeNull();
    expect(putOffCheck(recipeState(), NOW)).toBeNull();
  });
});

describe("what a check of the current image proves", () => {
  it("that it is good, if it is active", () => {
    const good = { goodAtMs: NOW, dueAtMs: NOW + CHECK_EVERY_MS, fault: null };
    expect(after(checked(), "active")).toMatchObject(good);
    expect(after(checked(fault(NOW - HOUR, true)), "active")).toMatchObject(good);
    expect(after(checked(fault(NOW - 31 * SECOND)), "active")).toMatchObject(good);
  });

  it.each([
    [null, "deleted"],
    ["pending_delete", "deleted"],
    ["deleted", "deleted"],
    ["deactivated", "deactivated"],
    ["killed", "killed"],
    ["queued", "queued"],
  ])("nothing, the first time it is %s; that it is %s, the second time", (status, word) => {
    const once = after(checked(), status);
    expect(once).toMatchObject({ ...fault(NOW, false, word), dueAtMs: NOW + 35 * SECOND });
    const noted = checked({ ...once });
    expect(faultOfCurrent(noted)).toBeNull();
    expect(after(noted, status, NOW + 29 * SECOND)).toMatchObject(fault(NOW, false, word));
    const twice = after(noted, status, NOW + 35 * SECOND);
    expect(twice).toMatchObject({
      ...fault(NOW, true, word),
      goodAtMs: NOW - 6 * HOUR,
      dueAtMs: NOW + 35 * SECOND + RECHECK_MS,
    });
    expect(faultOfCurrent(checked({ ...twice }))).toMatchObject({ status: word, sinceMs: NOW });
  });

  it("nothing, if the second check comes so late that nobody knows what was seen in between", () => {
    expect(after(checked(fault(NOW - 4 * MINUTE)), null)).toMatchObject(fault(NOW));
  });

  it("nothing of an image that was just made: the image service may not show it yet", () => {
    const young = { ...current, candidateAtMs: NOW - 20 * SECOND };
    expect(after(checked(), null, NOW, young)).toMatchObject({ fault: null });
  });

  it("nothing of another image, or while a run works on the recipe", () => {
    expect(noteCheck(checked(), { ...current, id: "before" }, null, NOW)).toBeNull();
    expect(noteCheck({ ...checked(), activeRun: run().id }, current, null, NOW)).toBeNull();
  });
});
