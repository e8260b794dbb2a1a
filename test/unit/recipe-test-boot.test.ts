import { describe, expect, it } from "vitest";
import { problemsOf, recipeText, theRecipe } from "./recipe-text.ts";

const NET = "3f0c6b1e-5c1a-4a52-9a7e-1d1f0d2c9f10";

describe("test_boot", () => {
  it("wants a flavor, and has a default for everything else", () => {
    expect(theRecipe("test_boot: { flavor: m1.small }").testBoot).toEqual({
      flavor: "m1.small",
      networks: [],
      securityGroups: [],
      availabilityZones: [],
      keyName: null,
      userData: null,
      volumeGib: null,
      timeoutMs: 600_000,
      expect: null,
      reject: null,
      probe: null,
    });
    expect(theRecipe().testBoot).toBeNull();
  });

  it("is taken as it is written", () => {
    const written = `test_boot: { flavor: f, networks: [${NET}, build-net], security_groups: [allow-ssh], availability_zones: [a, b], key_name: ops, user_data: "#!/bin/sh", volume_size: 10, timeout: 5m, console: { expect: "login:", reject: panic }, probe: { port: 8080, path: "/health?full=1" } }`;
    expect(theRecipe(written).testBoot).toEqual({
      flavor: "f",
      networks: [NET, "build-net"],
      securityGroups: ["allow-ssh"],
      availabilityZones: ["a", "b"],
      keyName: "ops",
      userData: "#!/bin/sh",
      volumeGib: 10,
      timeoutMs: 300_000,
      expect: "login:",
      reject: "panic",
      probe: { port: 8080, path: "/health?full=1" },
    });
    const port = "test_boot: { flavor: f, networks: [build-net], probe: { port: 22 } }";
    expect(theRecipe(port).testBoot).toMatchObject({ probe: { port: 22, path: null } });
  });

  it.each([
    ["{}", "flavor is missing"],
    ["m1.small", "is not a mapping. Write test_boot: { flavor: m1.small"],
    ["{ flavor: f, networks: [a, b, a] }", "names one twice"],
    ["{ flavor: f, networks: [''] }", "is empty"],
    ["{ flavor: f, probe: { port: 22 } }", "has a probe and no networks"],
    ["{ flavor: f, security_groups: [web] }", "has security_groups and no networks"],
    ["{ flavor: f, networks: [n], probe: 22 }", "Write probe: { port: 22 }"],
    ["{ flavor: f, networks: [n], probe: {} }", "port is missing"],
    ["{ flavor: f, networks: [n], probe: { port: 0 } }", "is too small"],
    ["{ flavor: f, networks: [n], probe: { port: 70000 } }", "is too large"],
    ["{ flavor: f, networks: [n], probe: { port: 80, path: health } }", "is no path of a URL"],
    ["{ flavor: f, networks: [n], probe: { port: 80, path: '/a b' } }", "is no path of a URL"],
    ["{ flavor: f, networks: [n], probe: { port: 80, path: '/a#b' } }", "is no path of a URL"],
    ["{ flavor: f, networks: [n], probe: { tcp: 22 } }", "unknown key"],
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
