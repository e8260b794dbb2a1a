import { describe, expect, it } from "vitest";
import { missedStart } from "../../shared/recipe/freshness.ts";
import { HOUR, MINUTE } from "./builders.ts";

const at = (time: string) => Date.parse(`2026-11-${time}:00Z`);
const nightly = {
  name: "web",
  jitterMs: 0,
  schedule: [{ cron: "30 2 * * *", timezone: "UTC" }],
  deadlineMs: 6 * HOUR,
};

/** @returns the start that was missed, as `24T02:30`. */
function missed(of: typeof nightly, since: string, now: string): string | null {
  const start = missedStart(of, { sinceMs: at(since), graceMs: 15 * MINUTE });
  return start === null || at(now) < start.overdueAtMs
    ? null
    : new Date(start.dueAtMs).toISOString().slice(8, 16);
}

describe("a recipe of every night at 02:30, with six hours and a quarter, last refreshed on the 23rd at 02:40", () => {
  it.each([
    ["is not overdue before its next start", "24T02:29", null],
    ["is not overdue while that run has its time", "24T08:44", null],
    ["is overdue once that time is over", "24T08:45", "24T02:30"],
    ["is overdue since the first start that came to nothing", "27T12:00", "24T02:30"],
  ])("%s", (_rule, now, due) => expect(missed(nightly, "23T02:40", now)).toBe(due));
});

it("a refresh between two starts, by whoever, makes good for the one before it and not for the one after", () => {
  expect(missed(nightly, "23T12:00", "24T02:00")).toBeNull();
  expect(missed(nightly, "23T12:00", "24T08:45")).toBe("24T02:30");
});

it("a start at the very moment of the last refresh is one before it", () => {
  expect(missed(nightly, "24T02:30", "24T08:45")).toBeNull();
});

it("a recipe whose runs may take longer than its gaps is overdue when the first start since has had its time", () => {
  const hourly = { ...nightly, schedule: [{ cron: "0 * * * *", timezone: "UTC" }] };
  expect(missed(hourly, "23T12:10", "23T19:14")).toBeNull();
  expect(missed(hourly, "23T12:10", "23T19:15")).toBe("23T13:00");
});

it("any of several schedules counts", () => {
  const twice = [...nightly.schedule, { cron: "0 12 * * *", timezone: "Europe/Berlin" }];
  expect(missed({ ...nightly, schedule: twice }, "23T03:00", "23T17:15")).toBe("23T11:00");
});

it("a recipe without a schedule is never overdue", () => {
  expect(missed({ ...nightly, schedule: [] }, "01T00:00", "30T00:00")).toBeNull();
});
