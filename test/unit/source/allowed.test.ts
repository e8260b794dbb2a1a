import { describe, expect, it } from "vitest";
import { notAllowed } from "../../../shared/source/allowed.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { recipe, server, volume } from "../builders.ts";

const ALLOWED = { name: "build-*", metadata: { purpose: "golden", team: "web" } };
const metadata = { purpose: "golden", team: "web", more: "is no matter" };
const build = server({ name: "build-7", metadata });

function why(allowSource: Recipe["allowSource"], of = build, projectId = "project-1") {
  return notAllowed(recipe({ allowSource }), of, projectId);
}

describe("a source that a sender names", () => {
  it("is allowed if name and metadata match", () => {
    expect(why(ALLOWED)).toBeNull();
    expect(why({ name: null, metadata: ALLOWED.metadata })).toBeNull();
    expect(why({ name: "build-7", metadata: {} })).toBeNull();
  });

  it.each([
    [{ ...build, name: "prod-db" }, "its name does not match build-*"],
    [{ ...build, name: "a-build-7" }, "its name does not match build-*"],
    [{ ...build, name: "Build-7" }, "its name does not match build-*"],
    [{ ...build, metadata: { purpose: "golden" } }, "its metadata has no team"],
    [{ ...build, metadata: {} }, "its metadata has no purpose"],
    [{ ...build, metadata: { ...metadata, purpose: "Golden" } }, 'purpose is not "golden"'],
    [{ ...build, oddFields: ["metadata"] }, "its metadata in a form that cannot be read"],
    [{ ...build, oddFields: ["name"] }, "its name in a form that cannot be read"],
    [{ ...build, projectId: "project-2" }, "it is of another project"],
  ])("is refused if one does not (%#)", (of, reason) => {
    const problem = why(ALLOWED, of);
    expect(problem).toMatchObject({ code: "source-not-allowed" });
    expect(problem?.message).toContain(reason);
    expect(problem?.remedy).toContain("web.allow_source");
  });

  it("has no metadata by inheritance from JavaScript's own objects", () => {
    expect(why({ name: null, metadata: { constructor: "x" } })?.message).toContain("has no");
  });

  it("of a volume is held to the same", () => {
    const data = volume({ name: "build-data", metadata });
    const of = recipe({ source: { kind: "volume", idOrName: data.id }, allowSource: ALLOWED });
    expect(notAllowed(of, data, data.projectId ?? "")).toBeNull();
    expect(notAllowed(of, { ...data, name: "x" }, data.projectId ?? "")?.message).toContain(
      "names volume volume-1",
    );
  });

  it("is not asked about where the recipe names it", () => {
    expect(why(null, server({ name: "web-golden", projectId: "another" }))).toBeNull();
  });
});

it.each([
  ["build-*", "build-", true],
  ["*-golden", "web-golden", true],
  ["a*b*c", "a1b2c", true],
  ["a*b*c", "acb", false],
  ["a*a", "a", false],
  ["a*ab*b", "aabb", true],
  ["a*ab*b", "abb", false],
  ["**", "anything", true],
  ["build-?", "build-1", false],
  ["build.", "builds", false],
  [`${"a*".repeat(60)}b`, "a".repeat(255), false],
])("the pattern %j and the name %j: %s", (name, of, isAllowed) => {
  expect(why({ name, metadata: {} }, server({ name: of })) === null).toBe(isAllowed);
});
