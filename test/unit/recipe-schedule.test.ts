import { describe, expect, it } from "vitest";
import { cronProblem, nextRun } from "../../shared/recipe/schedule.ts";
import { timezoneProblem } from "../../shared/recipe/timezone.ts";

const berlin = (cron: string) => [{ cron, timezone: "Europe/Berlin" }];

/** The next `count` starts after a time, in UTC. */
function starts(cron: string, after: string, count: number): string[] {
  const found: string[] = [];
  let atMs: number | null = Date.parse(after);
  while (found.length < count) {
    atMs = nextRun(berlin(cron), atMs);
    if (atMs === null) break;
    found.push(new Date(atMs).toISOString().replace(":00.000Z", ""));
  }
  return found;
}

describe("the next run", () => {
  it("keeps the local hour when summer time begins and ends", () => {
    expect(starts("0 12 * * *", "2026-03-28T00:00Z", 2)).toEqual([
      "2026-03-28T11:00",
      "2026-03-29T10:00",
    ]);
    expect(starts("0 12 * * *", "2026-10-24T00:00Z", 2)).toEqual([
      "2026-10-24T10:00",
      "2026-10-25T11:00",
    ]);
  });

  it("comes right after the hour that summer time skips, and once", () => {
    expect(starts("30 2 * * *", "2026-03-28T12:00Z", 2)).toEqual([
      "2026-03-29T01:00",
      "2026-03-30T00:30",
    ]);
  });

  it("comes once in the hour that is repeated when summer time ends, also from a list of hours", () => {
    for (const cron of ["30 2 * * *", "30 2,14 * * *"]) {
      expect(starts(cron, "2026-10-24T22:00Z", 1)).toEqual(["2026-10-25T00:30"]);
      expect(starts(cron, "2026-10-25T00:30Z", 1)).not.toEqual(["2026-10-25T01:30"]);
    }
  });

  // crontab(5) of Debian's cron wants both where either one begins with a star.
  it("comes on the day and on the weekday, also where one of them is a star with a step", () => {
    for (const [cron, days] of [
      ["0 3 6 * MON", ["06", "07", "14"]],
      ["0 3 */10 * MON", ["01", "07", "11"]],
      ["0 3 * * MON", ["07", "14", "21"]],
      ["0 3 * * MON#1", ["07"]],
    ] as const) {
      const found = starts(cron, "2026-11-30T12:00Z", days.length);
      expect(found).toEqual(days.map((day) => `2026-12-${day}T02:00`));
    }
  });

  it("is strictly after the given time, so that a minute starts one run", () => {
    const atMs = Date.parse("2026-11-23T02:30Z");
    const schedule = [{ cron: "30 2 * * *", timezone: "UTC" }];
    expect(nextRun(schedule, atMs - 1)).toBe(atMs);
    expect(nextRun(schedule, atMs)).toBe(atMs + 86_400_000);
  });

  it("is the earliest of several schedules, and none without one", () => {
    const afterMs = Date.parse("2026-11-23T12:00Z");
    const schedules = [...berlin("0 4 * * SUN"), ...berlin("0 20 * * *"), ...berlin("0 1 1 * *")];
    expect(nextRun(schedules, afterMs)).toBe(Date.parse("2026-11-23T19:00Z"));
    expect(nextRun([], afterMs)).toBeNull();
  });

  it("goes on, minute after minute, through both changes of a year", () => {
    for (const day of ["2026-03-29", "2026-10-25"]) {
      let atMs = Date.parse(`${day}T00:00Z`);
      for (let minute = 0; minute < 180; minute += 1) {
        expect(nextRun(berlin("* * * * *"), atMs)).toBe(atMs + 60_000);
        atMs += 60_000;
      }
    }
  });
});

describe("cron patterns and time zones", () => {
  it.each(["30 2 * * *", "*/15 8-18 * * MON-FRI", "0 4 29 2 *", "0 0 L * *"])(
    "takes %s",
    (pattern) => expect(cronProblem(pattern)).toBeNull(),
  );

  it.each([
    ["0 30 2 * * *", "is not five fields"],
    ["@daily", "is not five fields"],
    ["2026-11-23T00:00:00", "is not five fields"],
    ["", "is not five fields"],
    ["30 26 * * *", "is not a cron pattern: Invalid value for hour: 26. Write"],
    ["a b c d e", "is not a cron pattern"],
    ["0 0 30 2 *", "names a day that never comes"],
    ["0 0 31 4,6 *", "names a day that never comes"],
  ])("refuses %s", (pattern, problem) => expect(cronProblem(pattern)).toContain(problem));

  it.each(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])("takes %s", (name) =>
    expect(timezoneProblem(name)).toBeNull(),
  );

  it("suggests the zone that was meant", () => {
    expect(timezoneProblem("Europe/Berln")).toBe("is not a time zone. Did you mean Europe/Berlin?");
  });

  it("refuses offsets, which know no summer time", () => {
    expect(timezoneProblem("+02:00")).toMatch(/^is not a time zone\. Write UTC/);
  });
});
