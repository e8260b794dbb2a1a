import { describe, expect, it } from "vitest";
import { AWS_RULES } from "../../deploy/recipe-rules.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";

function problemsOf(zone: string): string[] {
  const text = `recipes:\n  web: { cloud: mycloud, server: web, zones: { b: ${zone} } }\n`;
  const read = loadRecipes(text, "recipes.yml", AWS_RULES);
  return "problems" in read ? read.problems.map(({ path, message }) => `${path}: ${message}`) : [];
}

describe("a recipe that is packaged for AWS", () => {
  it.each([
    "{ region_name: az2, distribute: stream }",
    "{ cloud: far, distribute: true }",
    '{ endpoint: "https://image.example", distribute: true }',
  ])("is refused where Regild itself would have to send the image: %s", (zone) => {
    const [problem, ...others] = problemsOf(zone);
    expect(others).toEqual([]);
    expect(problem).toMatch(/^web\.zones: zone b gets its copies from Regild itself/);
    expect(problem).toContain("run this recipe by regild serve on a machine");
  });

  it.each([
    "{ region_name: az2, distribute: true }",
    "{ region_name: az2 }",
    "{ cloud: far, distribute: false }",
  ])("is taken where nobody has to: %s", (zone) => {
    expect(problemsOf(zone)).toEqual([]);
  });
});
