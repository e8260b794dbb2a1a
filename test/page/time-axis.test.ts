import { expect, it } from "vitest";
import { axisLabels, timeAxis } from "../../local/page/time-axis.ts";
import { NOW_MS } from "../cli/records.ts";
import { elementsOf } from "./parsed.ts";

process.env["TZ"] = "UTC";

const labels = (seconds: number): string[] =>
  elementsOf(String(axisLabels(timeAxis(NOW_MS, NOW_MS + seconds * 1000), 5))).flatMap(
    ({ tag, text }) => (tag === "text" ? [text] : []),
  );

it.each([5, 8, 12, 40, 90, 200, 400, 600, 1200, 4_000, 20_000, 90_000, 400_000, 3_000_000])(
  "an axis of %i s has labels that stand apart from each other, and at least two",
  (seconds) => {
    const found = labels(seconds);
    expect(new Set(found).size).toBe(found.length);
    expect(found.length).toBeGreaterThanOrEqual(2);
    expect(found.length).toBeLessThanOrEqual(6);
  },
);

it("a run of eight seconds is labelled every second second", () => {
  expect(labels(8)).toEqual(["09:34:00", "09:34:02", "09:34:04", "09:34:06"]);
});
