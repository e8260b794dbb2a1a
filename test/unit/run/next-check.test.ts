import { describe, expect, it } from "vitest";
import { expectedSeconds, nextCheckSeconds } from "../../../shared/run/next-check.ts";
import { NOW } from "../builders.ts";

const DEADLINE_SECONDS = 6 * 3600;

/** Ages in seconds at which an upload is looked at, the last one when it is done. */
function checkAges(uploadSeconds: number, earlierSeconds: number[] = []): number[] {
  const ages: number[] = [];
  for (let age = 0; age < uploadSeconds; ages.push(age)) age += gapAt(age, earlierSeconds);
  return ages;
}

function gapAt(age: number, earlierSeconds: number[] = [], deadlineSeconds = DEADLINE_SECONDS) {
  return nextCheckSeconds({
    askedAtMs: NOW,
    nowMs: NOW + age * 1000,
    earlierSeconds,
    deadlineAtMs: NOW + deadlineSeconds * 1000,
  });
}

/** Seconds between the end of the upload and the check that sees it. */
function late(uploadSeconds: number, earlierSeconds: number[] = []): number {
  return (checkAges(uploadSeconds, earlierSeconds).at(-1) ?? 0) - uploadSeconds;
}

describe("without history", () => {
  it("an upload of an hour costs a quarter of the checks of one each ten seconds, or fewer", () => {
    expect(checkAges(3600).length).toBeLessThanOrEqual(90);
  });

  it.each([5, 30, 65, 120, 600, 1800, 3600, 7200])(
    "an upload of %i s is seen at most 7 %% late, or four seconds, and a second for the rounding",
    (seconds) => {
      expect(late(seconds)).toBeLessThanOrEqual(Math.max(4, seconds * 0.07) + 1);
      expect(late(seconds)).toBeLessThanOrEqual(360);
    },
  );

  it("the gaps grow, from seconds to minutes", () => {
    const ages = checkAges(3600);
    const gaps = ages.map((age, n) => age - (ages[n - 1] ?? 0));
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
    expect(gaps[0]).toBeLessThanOrEqual(5);
    expect(gaps.at(-1)).toBeGreaterThan(120);
  });
});

describe("with a history of uploads of an hour", () => {
  const hour = [3500, 3600, 3700];

  it("the first check is about when the shortest one ended", () => {
    const [first] = checkAges(3600, hour);
    expect(first).toBeGreaterThan(3400);
    expect(first).toBeLessThan(3600);
  });

  it.each([3450, 3500, 3550, 3600, 3650, 3700])(
    "one of %i s is seen at most 3 %% late, by four checks or fewer",
    (seconds) => {
      expect(late(seconds, hour)).toBeLessThan(seconds * 0.03);
      expect(checkAges(seconds, hour).length).toBeLessThanOrEqual(4);
    },
  );

  it("one that takes twice as long is seen at most 8 % late, and costs a quarter of one without history", () => {
    expect(late(7200, hour)).toBeLessThan(7200 * 0.08);
    expect(checkAges(7200, hour).length).toBeLessThan(checkAges(7200).length / 4);
  });

  it("a misleading history of short uploads costs a few checks more", () => {
    expect(checkAges(3600, [60]).length).toBeLessThanOrEqual(checkAges(3600).length + 3);
  });
});

describe("with a history of uploads of two kinds", () => {
  const both = [1190, 1200, 1210, 1215, 3580, 3600, 3610, 3630];

  it.each([1195, 1205, 3590, 3620])("one of %i s is seen at most 3 %% late", (seconds) => {
    expect(late(seconds, both)).toBeLessThan(seconds * 0.03);
  });

  it("nobody checks between the two", () => {
    const between = checkAges(3600, both).filter((age) => age > 1500 && age < 3300);
    expect(between.length).toBeLessThanOrEqual(1);
  });
});

describe("when each upload takes longer than the one before", () => {
  const growing = Array.from({ length: 10 }, (_, nth) => 3600 * 1.01 ** nth);
  const next = 3600 * 1.01 ** 10;

  it("the next one is expected to do so too, and seen at most 3 % late by three checks or fewer", () => {
    expect(expectedSeconds(growing)).toBeCloseTo(next, 3);
    for (const seconds of [next * 0.98, next, next * 1.02]) {
      expect(late(seconds, growing)).toBeLessThan(seconds * 0.03);
      expect(checkAges(seconds, growing).length).toBeLessThanOrEqual(3);
    }
  });

  it("one odd upload changes little", () => {
    const odd = growing.with(4, 9000);
    expect(Math.abs((expectedSeconds(odd) ?? 0) / next - 1)).toBeLessThan(0.02);
  });

  it("uploads that shrink are expected to shrink", () => {
    expect(expectedSeconds(growing.toReversed())).toBeCloseTo(3600 / 1.01, 3);
  });
});

it.each([
  ["three uploads", [100, 102, 104], 102],
  ["uploads that differ without order", [100, 104, 101, 103, 100, 102], 102],
  ["uploads that became slow at once", [100, 100, 100, 200, 200], 100],
])("%s show no growth", (_, earlier, expected) => {
  expect(expectedSeconds(earlier)).toBe(expected);
});

it("an upload that took no time tells nothing", () => {
  expect(checkAges(600, [0])).toEqual(checkAges(600));
});

describe("always", () => {
  it("the gap is whole seconds, at least one, and ends with the deadline", () => {
    for (const deadline of [1, 10, 100, 1000]) {
      for (let age = 0; age < deadline + 5; age += 0.7) {
        const gap = gapAt(age, [40], deadline);
        expect(Number.isInteger(gap)).toBe(true);
        expect(gap).toBeGreaterThanOrEqual(1);
        expect(gap).toBeLessThanOrEqual(Math.max(1, Math.ceil(deadline - age)));
      }
    }
  });

  it("a clock that is behind the one that asked does no harm", () => {
    expect(gapAt(-5)).toBe(gapAt(0));
  });
});

describe("what is expected", () => {
  it.each([
    [[], null],
    [[7], 7],
    [[9, 1, 5], 5],
    [[100, 10, 11, 12, 9], 11],
  ])("of %j is the median: %s", (earlier, expected) => {
    expect(expectedSeconds(earlier)).toBe(expected);
  });
});
