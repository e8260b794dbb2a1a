import { describe, expect, it } from "vitest";
import {
  currentCheckAtMs,
  faultOfCurrent,
  noteCheck,
  putOffCheck,
  RECHECK_MS,
  type Seen,
  seenOf,
} from "../../../shared/image/current-check.ts";
import type { CurrentCheck, RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Image } from "../../../shared/cloud-ports.ts";
import { judge } from "../../../shared/image/verdict.ts";
import { promote } from "../../../shared/image/promotion.ts";
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
  fault: { status, why: null, sinceMs, isConfirmed },
});
const looked = (status: string | null): Seen => {
  const seen = status === null ? null : image({ id: "current", status });
  return seenOf(seen, [{ zone: "az1", ...judge(seen, seen, {}) }]);
};
const after = (of: RecipeState, status: string | null, nowMs = NOW, entry = current) =>
  noteCheck(of, entry, looked(status), nowMs)?.currentCheck;
const GONE: Seen = { is: "faulty", status: "deleted", why: null, isSaid: false };

describe("when the current image is checked", () => {
  it("is two minutes after its promotion, then when the last check said", () => {
    expect(currentCheckAtMs(recipeState({ current: "current", images: [current] }))).toBe(
      NOW - HOUR + 2 * MINUTE,
    );
    expect(currentCheckAtMs(checked({ dueAtMs: NOW + 7 }))).toBe(NOW + 7);
    expect(currentCheckAtMs(recipeState())).toBeNull();
  });

  it("begins anew with an image that became current since", () => {
    const replaced = promote(checked(fault(NOW, true)), "next", NOW, {
      rules: null,
      uploadSeconds: null,
    });
    expect(replaced && currentCheckAtMs(replaced)).toBe(NOW + 2 * MINUTE);
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

describe("the gap to the next check", () => {
  it.each([
    [SECOND, 2 * MINUTE],
    [10 * MINUTE, 5 * MINUTE],
    [4 * HOUR, 2 * HOUR],
    [3 * 24 * HOUR, 6 * HOUR],
  ])("%i ms after the promotion is %i ms", (ageMs, gapMs) => {
    const entry = { ...current, promotedAtMs: NOW - ageMs };
    expect(after(checked(), "active", NOW, entry)).toMatchObject({ dueAtMs: NOW + gapMs });
  });

  it("makes at most twenty checks of the first day", () => {
    let [atMs, checks] = [NOW + 2 * MINUTE, 0];
    const entry = { ...current, promotedAtMs: NOW };
    while (atMs < NOW + 24 * HOUR) {
      checks += 1;
      atMs = after(checked(), "active", atMs, entry)?.dueAtMs ?? Infinity;
    }
    expect(checks).toBeGreaterThan(10);
    expect(checks).toBeLessThanOrEqual(20);
  });
});

describe("what the zones say of the current image", () => {
  const made = image({ id: "current" });
  const verdicts = (there: Image | null, own = made) =>
    [own, there].map((seen, n) => ({ zone: `az${n + 1}`, ...judge(seen, own, {}) }));
  const seen = (there: Image | null, own = made) =>
    noteCheck(checked(), current, seenOf(own, verdicts(there, own)), NOW)?.currentCheck;

  it("a reason is the cloud's own word: one look is enough", () => {
    const own = image({ id: "current", properties: { sync_reason_status: "az2: time-out" } });
    expect(seen(made, own)?.fault).toMatchObject({
      status: "not-synchronised",
      why: "az1: az2: time-out",
      isConfirmed: true,
    });
  });

  it.each([
    ["has lost it", null, "az2: not there"],
    ["has it deactivated", image({ status: "deactivated" }), "az2: it is deactivated"],
    ["has another content", image({ sizeBytes: 3 }), "az2: 3 bytes, not 2490368"],
  ])("that one %s is believed the second time", (_what, there, why) => {
    expect(seen(there)?.fault).toMatchObject({
      status: "not-in-every-zone",
      why: expect.stringContaining(why),
      isConfirmed: false,
    });
  });

  it("a zone that says nothing proves nothing: it is asked again in a quarter of an hour", () => {
    const silent = { zone: "az2", is: "lagging", why: "did not answer", code: null } as const;
    const is = seenOf(made, [...verdicts(made), { ...silent, isMissing: false }]);
    const {
      dueAtMs,
      goodAtMs,
      fault: none,
    } = noteCheck(checked(), current, is, NOW)?.currentCheck ?? {};
    expect({ dueAtMs, goodAtMs, none }).toEqual({
      dueAtMs: NOW + RECHECK_MS,
      goodAtMs: NOW - 6 * HOUR,
      none: null,
    });
  });
});

describe("what a check of the current image proves", () => {
  it("that it is good, if it is active", () => {
    const good = { goodAtMs: NOW, dueAtMs: NOW + HOUR / 2, fault: null };
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
    expect(noteCheck(checked(), { ...current, id: "before" }, GONE, NOW)).toBeNull();
    expect(noteCheck({ ...checked(), activeRun: run().id }, current, GONE, NOW)).toBeNull();
  });
});
