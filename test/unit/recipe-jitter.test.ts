import { describe, expect, it } from "vitest";
import { nextStart, startOffsetMs } from "../../shared/recipe/jitter.ts";
import { scheduledStarts } from "../../local/view/schedule.ts";
import { HOUR, MINUTE, recipe, SECOND } from "./builders.ts";

const NIGHTLY = [{ cron: "0 3 * * *", timezone: "UTC" }];
const named = (name: string, jitterMs = HOUR) => recipe({ name, jitterMs, schedule: NIGHTLY });
const MIDNIGHT = Date.parse("2026-11-23T00:00Z");
const THREE = MIDNIGHT + 3 * HOUR;

describe("the jitter of a schedule", () => {
  it("is the same for each start of a recipe, whole seconds within the time", () => {
    for (let n = 0; n < 200; n++) {
      const offset = startOffsetMs(named(`web-${n}`));
      expect(offset).toBeGreaterThanOrEqual(0);
      expect(offset).toBeLessThan(HOUR);
      expect(offset % SECOND).toBe(0);
      expect(startOffsetMs(named(`web-${n}`))).toBe(offset);
    }
  });

  it("spreads a hundred recipes: no ten minutes have more than a third of them", () => {
    const tens = Array.from({ length: 6 }, () => 0);
    for (let n = 0; n < 100; n++) {
      const slot = Math.floor(startOffsetMs(named(`web-${n}`)) / (10 * MINUTE));
      tens[slot] = (tens[slot] ?? 0) + 1;
    }
    expect(Math.max(...tens)).toBeLessThan(34);
    expect(Math.min(...tens)).toBeGreaterThan(4);
  });

  it("moves a start, and does not lose the one of a moment ago", () => {
    const web = named("web");
    const atMs = THREE + startOffsetMs(web);
    expect(startOffsetMs(web)).toBeGreaterThan(0);
    expect(nextStart(web, MIDNIGHT)).toBe(atMs);
    expect(nextStart(web, THREE)).toBe(atMs);
    expect(nextStart(web, atMs - 1)).toBe(atMs);
    expect(nextStart(web, atMs)).toBe(atMs + 24 * HOUR);
    expect(nextStart(named("web", 0), MIDNIGHT)).toBe(THREE);
  });

  it("is in the list of starts ahead", () => {
    const web = named("web");
    const is = { fromMs: THREE, untilMs: THREE + HOUR, most: 5, usualSeconds: () => null };
    const { starts } = scheduledStarts([web], is);
    expect(starts.map(({ at }) => Date.parse(at))).toEqual([THREE + startOffsetMs(web)]);
  });
});
