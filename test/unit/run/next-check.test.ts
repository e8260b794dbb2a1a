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

describe("without history", () => {
  it("an upload of an hour costs at most 20 looks", () => {
    expect(checkAges(3600).length).toBeLessThanOrEqual(20);
  });

  it.each([5, 30, 120, 600, 1800, 3600, 7200])(
    "an upload of %i s is seen at most as late as it took, and never more than six minutes",
    (seconds) => {
      const late = (checkAges(seconds).at(-1) ?? 0) - seconds;
      expect(late).toBeLessThanOrEqual(Math.min(seconds, 360));
    },
  );

  it("the gaps grow, from seconds to minutes", () => {
    const ages = checkAges(3600);
    const gaps = ages.map((age, n) => age - (ages[n - 1] ?? 0));
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
    expect(gaps[0]).toBeLessThanOrEqual(5);
  });
});

describe("with a history of uploads of an hour", () => {
  const hour = [3500, 3600, 3700];

  it("the first check is just before the expected end", () => {
    const [first] = checkAges(3600, hour);
    expect(first).toBeGreaterThan(3600 * 0.9);
    expect(first).toBeLessThan(3600);
  });

  it("one that takes as long as ever costs three checks, one that is a little slower a few more", () => {
    expect(checkAges(3600, hour).length).toBeLessThanOrEqual(3);
    expect(checkAges(3900, hour).length).toBeLessThanOrEqual(5);
  });

  it("one that takes twice as long costs no more than one without history", () => {
    expect(checkAges(7200, hour).length).toBeLessThan(checkAges(7200).length);
  });

  it("a misleading history of short uploads costs a check or two more", () => {
    expect(checkAges(3600, [60]).length).toBeLessThanOrEqual(checkAges(3600).length + 2);
  });
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
