import { describe, expect, it } from "vitest";
import { loadRecipes } from "../../shared/recipe/load.ts";
import { problemsOf, recipeText, theRecipe } from "./recipe-text.ts";

const A = "a".repeat(32);
const B = "b".repeat(32);
const shared = (members: string, more = "") =>
  `image: { visibility: shared, members: ${members}${more} }`;

describe("members of a recipe", () => {
  it("are ids, or mappings with credentials", () => {
    const { sharing } = theRecipe(
      shared(`[${A}, { project: ${B}, cloud: consumer }]`, ", unshare_retired: true"),
    );
    expect(sharing).toEqual({
      members: [
        { project: A, cloud: null, accept: false },
        { project: B, cloud: "consumer", accept: true },
      ],
      unshareRetired: true,
    });
    expect(theRecipe().sharing).toEqual({ members: [], unshareRetired: false });
  });

  it("of defaults are replaced by a recipe's own", () => {
    const defaults = `defaults: { image: { visibility: shared, members: [${A}] } }\n`;
    expect(theRecipe("", defaults).sharing.members).toHaveLength(1);
    expect(theRecipe("image: { members: [] }", defaults).sharing.members).toEqual([]);
  });

  it.each([
    [
      `image: { members: [${A}] }`,
      "an image with visibility private has no members. Write visibility: shared",
    ],
    [
      `image: { visibility: public, members: [${A}] }`,
      "an image with visibility public has no members",
    ],
    [shared(A), `is not a list. Write members: [`],
    [shared("[1]"), "web.image.members[0]: 1 is a number, not text. Put it in quotes"],
    [shared(`[{ cloud: consumer }]`), "web.image.members[0]"],
    [
      shared(`[{ project: ${A}, accept: true }]`),
      "can accept nothing without credentials of the project. Write cloud:",
    ],
    [shared(`[{ project: ${A}, clod: x }]`), "unknown key. Did you mean cloud?"],
    [shared(`[${A}, { project: ${A.toUpperCase()} }]`), `names project ${A.toUpperCase()} twice`],
    [
      shared(
        `[${Array.from({ length: 31 }, (_, n) => String(n).padStart(32, "0"))
          .map((id) => `"${id}"`)
          .join(", ")}]`,
      ),
      "has 31 projects, and 30 is the most",
    ],
    ["image: { unshare_retired: true }", "takes nothing back where there are no members"],
  ])("%s is refused with what to do", (lines, message) => {
    const problems = problemsOf(recipeText(lines));
    expect(problems.join("\n")).toContain(message);
  });

  it.each([["consumer"], [A.slice(1)], [A.toUpperCase()]])(
    "%s may be no id, and Glance would take it: a warning",
    (id) => {
      const { warnings } = loadRecipes(recipeText(shared(`["${id}"]`)), "recipes.yml");
      expect(warnings[0]?.message).toContain(`${id} does not look like a project's id`);
    },
  );

  it("of the usual form are no warning", () => {
    const dashes = "3f1c0c5f-0a1e-4a7a-b0d5-1a1d6b0c9d11";
    const { warnings } = loadRecipes(recipeText(shared(`["${A}", "${dashes}"]`)), "recipes.yml");
    expect(warnings).toEqual([]);
  });
});
