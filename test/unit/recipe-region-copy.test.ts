import { expect, it } from "vitest";
import { problemsOf, recipeText, theRecipe } from "./recipe-text.ts";

it("a zone may name the agency by which IMS copies images to it", () => {
  const [far] = theRecipe(
    "zones: { far: { cloud: otc-far, distribute: true, agency_name: ims_copy_image } }",
  ).zones;
  expect(far).toMatchObject({ distribute: true, streamed: false, agencyName: "ims_copy_image" });
});

it.each([
  ["{ cloud: far, agency_name: a }", "has agency_name without distribute: true. Write both"],
  ["{ cloud: far, agency_name: a, distribute: stream }", "without distribute: true"],
  ["{ store: b, agency_name: a, distribute: true }", "Write region_name or cloud"],
  ['{ endpoint: "https://b.example", agency_name: a, distribute: true }', "by which IMS copies"],
  ["{ cloud: far, agency_name: 7, distribute: true }", "7 is a number, not text"],
])("%j is refused", (zone, problem) => {
  expect(problemsOf(recipeText(`zones: { b: ${zone} }`)).join("\n")).toContain(problem);
});
