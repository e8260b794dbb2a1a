import { describe, expect, it } from "vitest";
import { freshness } from "../../local/view/freshness.ts";
import { head, image, recipe, WEB } from "./records.ts";

/** An image that took ten minutes, current since 02:40 on the given day of November 2026. */
function currentSince(day: number) {
  const promotedAtMs = Date.UTC(2026, 10, day, 2, 40);
  const current = image("a", {
    state: "current",
    candidateAtMs: promotedAtMs - 10 * 60_000,
    promotedAtMs,
  });
  return head({ current: "a", images: [current] });
}

const at = (time: string) => Date.parse(`2026-11-${time}:00Z`);

describe("an image made every night at 02:30, in ten minutes, is", () => {
  it.each([
    ["fresh the next day", "24T02:39", "ok"],
    ["fresh when one start was missed", "25T02:39", "ok"],
    ["stale when two were, and the second had its time", "25T02:40", "stale"],
  ])("%s", (_rule, now, state) => {
    expect(freshness(WEB, currentSince(23), at(now))).toEqual({
      state,
      stale_at: "2026-11-25T02:40:00.000Z",
    });
  });
});

it("counts starts, not hours: over a weekend without any an image stays fresh", () => {
  const weekdays = recipe("web", 'server: web, schedule: [{ cron: "30 2 * * MON-FRI" }]');
  const friday = currentSince(20);
  expect(freshness(weekdays, friday, at("23T12:00")).state).toBe("ok");
  expect(freshness(weekdays, friday, at("24T02:40")).state).toBe("stale");
});

it("tells what has no schedule, and what has no image, from what is stale", () => {
  const unscheduled = recipe("web", "server: web");
  expect(freshness(unscheduled, currentSince(1), at("23T12:00")).state).toBe("no_schedule");
  expect(freshness(WEB, null, at("23T12:00")).state).toBe("no_image");
  expect(freshness(WEB, head(), at("23T12:00")).state).toBe("no_image");
});
