import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../shared/recipe/duration.ts";

describe("durations", () => {
  it.each([
    ["90s", 90_000],
    ["10m", 600_000],
    ["1h30m", 5_400_000],
    ["7d", 604_800_000],
    ["2w", 1_209_600_000],
    ["1w2d3h4m5s", 788_645_000],
    ["0s", 0],
    ["520w", 314_496_000_000],
  ])("reads %s", (text, ms) => {
    expect(parseDuration(text)).toEqual({ ms });
  });

  it("names the units a bare number may have meant", () => {
    expect(parseDuration("8")).toEqual({ problem: "has no unit. Write 8h, 8m or 8s" });
  });

  it.each(["", " 8h", "8 h", "1.5h", "-5m", "8H", "30m1h", "1h1h", "500ms", "8h30", "eight hours"])(
    "refuses %j",
    (text) => {
      const { problem } = { problem: "", ...parseDuration(text) };
      expect(problem).toMatch(/^is not a duration\. Write /);
    },
  );

  it("refuses what would make dates that are none", () => {
    expect(parseDuration("521w")).toEqual({
      problem: "is longer than ten years. Write 520w or less",
    });
    expect(parseDuration(`${"9".repeat(400)}w`)).toHaveProperty("problem");
  });

  it("reads back what it writes, to the second", () => {
    for (let seconds = 0; seconds < 3_000_000; seconds = seconds * 3 + 1) {
      expect(parseDuration(formatDuration(seconds * 1000))).toEqual({ ms: seconds * 1000 });
    }
  });

  it("writes the largest units first and leaves out what is zero", () => {
    expect(formatDuration(5_400_000)).toBe("1h30m");
    expect(formatDuration(1_209_600_000)).toBe("2w");
    expect(formatDuration(0)).toBe("0s");
  });
});
