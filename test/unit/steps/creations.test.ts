import { describe, expect, it } from "vitest";
import { filledNameProblem, nameOfAttempt } from "../../../shared/steps/creations.ts";
import type { Run } from "../../../shared/run/record.ts";
import { recipe, run, source } from "../builders.ts";

const named = (name: string, is: Partial<Run> = {}) =>
  run({ recipe: recipe({ image: { ...recipe().image, name } }), ...is });

describe("the name a try is found again by", () => {
  it.each([
    ["${{ recipe }}-${{ short_id }}", 1, "web-try001"],
    ["${{ recipe }}-${{ short_id }}", 2, "web-try001"],
    ["${{ recipe }}-${{ seq }}", 1, "web-7-try001"],
    ["${{ recipe }}-${{ seq }}", 2, "web-7-2-try001"],
    [
      "${{ source.name }}-${{ date }}-${{ run_id }}",
      1,
      "web-golden-20261123-web-20261123-093012-k3f9q2-try001",
    ],
  ])("of %s, attempt %i, is %s", (template, attempt, name) => {
    for (const kind of ["create-image", "upload-image"] as const)
      expect(nameOfAttempt(named(template, { attempt }), kind, "try001")).toBe(name);
  });

  it("holds the attempt's id, whatever is made", () => {
    for (const kind of [
      "create-image",
      "upload-image",
      "create-snapshot",
      "create-volume",
    ] as const)
      expect(nameOfAttempt(named("web-${{ seq }}"), kind, "try001")).toContain("try001");
  });
});

it("a source whose own name the clouds would refuse in an image's is noticed before anything is done", () => {
  const template = "${{ source.name }}-${{ short_id }}";
  expect(filledNameProblem(named(template))).toBeNull();
  expect(filledNameProblem(named(template, { source: source({ name: "web 🚀" }) }))).toMatch(
    /^The image name "web 🚀-xxxxxx" holds a control character or an emoji/,
  );
});

it.each([
  [250, null],
  [251, expect.stringContaining("is 251 bytes long, and 250 is the most")],
])("a name that the image gets afterwards may have 250 bytes: %i", (bytes, problem) => {
  const ending = "${{ seq }}";
  const is = named(`\${{ source.name }}${ending}`, {
    seq: 12,
    source: source({ name: "a".repeat(bytes - 2) }),
  });
  expect(filledNameProblem(is)).toEqual(problem);
  expect(Buffer.byteLength(nameOfAttempt(is, "create-image", "try001"))).toBe(242);
});
