import { expect, it } from "vitest";
import { textOf, withSection } from "../../bench/report.ts";

const BEGIN = "# Report\n";

it("a section is added, replaced by the next run of its bench, and leaves the others alone", () => {
  const two = withSection(withSection(BEGIN, "a", "first"), "b", "second");
  expect(two).toBe(
    "# Report\n\n<!-- a -->\nfirst\n<!-- end of a -->\n\n<!-- b -->\nsecond\n<!-- end of b -->\n",
  );
  expect(withSection(two, "a", "third $& \\1")).toBe(two.replace("first", () => "third $& \\1"));
});

it.each([
  ["at most", 18, "met"],
  ["at most", 17, "missed"],
  ["at least", 18, "met"],
  ["at least", 19, "missed"],
] as const)(
  "a figure stands beside its target, also if it misses it: %s %s",
  (is, value, verdict) => {
    const figure = { what: "calls", measured: 18, unit: "", target: { is, value }, spread: null };
    const text = textOf({ name: "a", heading: "H", text: "T", figures: [figure] }, "here");
    expect(text).toContain(`| calls | 18 |  | ${is} ${value} | ${verdict} |`);
  },
);
