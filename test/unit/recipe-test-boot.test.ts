import { describe, expect, it } from "vitest";
import { problemsOf, recipeText, theRecipe } from "./recipe-text.ts";

const NET = "3f0c6b1e-5c1a-4a52-9a7e-1d1f0d2c9f10";

describe("test_boot", () => {
  it("wants a flavor, and has a default for everything else", () => {
    expect(theRecipe("test_boot: { flavor: m1.small }").testBoot).toEqual({
      flavor: "m1.small",
      networks: [],
      availabilityZones: [],
      keyName: null,
      userData: null,
      volumeGib: null,
      timeoutMs: 600_000,
      expect: null,
      reject: null,
    });
    expect(theRecipe().testBoot).toBeNull();
  });

  it("is taken as it is written", () => {
    const written = `test_boot: { flavor: f, networks: [${NET}], availability_zones: [a, b], key_name: ops, user_data: "#!/bin/sh", volume_size: 10, timeout: 5m, console: { expect: "login:", reject: panic } }`;
    expect(theRecipe(written).testBoot).toEqual({
      flavor: "f",
      networks: [NET],
      availabilityZones: ["a", "b"],
      keyName: "ops",
      userData: "#!/bin/sh",
      volumeGib: 10,
      timeoutMs: 300_000,
      expect: "login:",
      reject: "panic",
    });
  });

  it.each([
    ["{}", "flavor is missing"],
    ["m1.small", "is not a mapping. Write test_boot: { flavor: m1.small"],
    ["{ flavor: f, networks: [internal] }", "is no network's id. Write the UUID"],
    ["{ flavor: f, networks: internal }", "is not a list of networks"],
    ["{ flavor: f, availability_zones: [] }", "is empty. Take it out"],
    ["{ flavor: f, availability_zones: [a, a] }", "names a zone twice"],
    ["{ flavor: f, console: { reject: panic } }", "has no expect"],
    ["{ flavor: f, console: { expect: '(' } }", "is not a regular expression"],
    ["{ flavor: f, console: { expect: '' } }", "is empty"],
    ["{ flavor: f, timeout: 5 }", "has no unit"],
    ["{ flavor: f, timeout: 7h }", "a deadline of 6h leaves no time after test boots of 7h"],
    [
      "{ flavor: f, timeout: 3h, availability_zones: [a, b] }",
      "a deadline of 6h leaves no time after test boots of 6h",
    ],
    ["{ flavor: f, volume_size: 0 }", "is too small"],
    ["{ flavor: f, network: [] }", "unknown key. Did you mean networks?"],
    ["{ flavor: f, expect: login }", "Write it into console: of the recipe's test_boot"],
  ])("%s is refused", (written, problem) => {
    const problems = problemsOf(recipeText(`test_boot: ${written}`));
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems[0]).toContain("web.");
  });

  it("user data has a bound", () => {
    const long = `test_boot: { flavor: f, user_data: "${"x".repeat(16_385)}" }`;
    expect(problemsOf(recipeText(long))).toEqual([
      expect.stringContaining("over 16384 characters"),
    ]);
  });
});
