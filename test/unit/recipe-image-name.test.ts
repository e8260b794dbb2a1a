import { describe, expect, it } from "vitest";
import {
  creationName,
  fillName,
  LONGEST_NAME_BYTES,
  longestName,
  nameProblem,
  nameVariables,
  templateHasShortId,
} from "../../shared/recipe/image-name.ts";
import { templateProblem } from "../../shared/recipe/name-template.ts";
import { theRecipe } from "./recipe-text.ts";

const variables = nameVariables({
  recipe: "web",
  cloud: "mycloud",
  region: "RegionOne",
  atMs: Date.parse("2026-11-23T01:30:59.999Z"),
  seq: 41,
  runId: "web-20261123-013059-k3f9q2",
  shortId: "p07xza",
  source: { id: "7c1e2f60-8a41-4d7e-9b0c-2f6f0a6a51d3", name: "web-golden" },
});

describe("filling an image name", () => {
  it.each([
    ["recipe", "web"],
    ["cloud", "mycloud"],
    ["region_name", "RegionOne"],
    ["date", "20261123"],
    ["time", "0130"],
    ["timestamp", "1795397459"],
    ["seq", "41"],
    ["run_id", "web-20261123-013059-k3f9q2"],
    ["short_id", "p07xza"],
    ["source.name", "web-golden"],
    ["source.id", "7c1e2f60-8a41-4d7e-9b0c-2f6f0a6a51d3"],
  ])("fills %s", (variable, value) => {
    expect(fillName(`a \${{ ${variable} }}-\${{${variable}}}.`, variables)).toBe(
      `a ${value}-${value}.`,
    );
  });

  it("takes what a variable holds as it is, variables included", () => {
    const odd = { ...variables, "source.name": "${{ seq }} $& $1" };
    expect(fillName("x-${{ source.name }}", odd)).toBe("x-${{ seq }} $& $1");
  });

  it("stops at a variable that loading lets nobody write", () => {
    expect(() => fillName("${{ nosuch }}", variables)).toThrow("unknown variable, nosuch");
  });
});

describe("the creation name", () => {
  it("always holds the attempt's short id, once", () => {
    for (const template of ["web-${{ short_id }}", "web-${{ seq }}", "${{ run_id }}"]) {
      const filled = fillName(template, variables);
      const name = creationName(filled, templateHasShortId(template), "p07xza");
      expect(name.split("p07xza")).toHaveLength(2);
      expect(name.startsWith(filled)).toBe(true);
    }
  });

  it.each(["a", "ü", "金"])("has at most 242 bytes, whatever the name is made of: %s", (letter) => {
    const name = creationName(letter.repeat(250), false, "p07xza");
    expect(name).toMatch(/-p07xza$/);
    expect(nameProblem(name)).toBeNull();
    expect(Buffer.byteLength(name)).toBeGreaterThan(238);
  });
});

describe("a name the clouds refuse", () => {
  it("counts bytes of UTF-8, not characters", () => {
    for (const [character, bytes] of [
      ["a", 1],
      ["ü", 2],
      ["金", 3],
    ] as const) {
      const most = Math.floor(LONGEST_NAME_BYTES / bytes);
      expect(nameProblem(character.repeat(most))).toBeNull();
      expect(nameProblem(character.repeat(most + 1))).toBe(
        `is ${(most + 1) * bytes} bytes long, and 242 is the most. Shorten it`,
      );
    }
  });

  it.each([
    ["", "is empty"],
    ["  ", "is empty"],
    [" web", "begins or ends with a blank"],
    ["web\u00a0", "begins or ends with a blank"],
    ["web\tgolden", "holds a control character or an emoji"],
    ["web\u200bgolden", "holds a control character or an emoji"],
    ["web 🚀", "holds a control character or an emoji"],
  ])("%j", (name, problem) => expect(nameProblem(name)).toContain(problem));

  it.each(["web golden", "größe/金:1", "a"])("is not %j", (name) => {
    expect(nameProblem(name)).toBeNull();
  });
});

describe("a template", () => {
  it.each(["${{ short_id }}", "web-${{seq}}", "${{ recipe }}: ${{ run_id }}", "$5-${{ seq }}"])(
    "%s is good",
    (template) => expect(templateProblem(template)).toBeNull(),
  );

  it.each([
    ["", "is empty"],
    ["web", "is not unique per run. Add ${{ short_id }} or ${{ seq }}"],
    ["web-${{ timestamp }}", "is not unique per run"],
    ["web-${{ shortid }}", 'has an unknown variable, "shortid". Did you mean ${{ short_id }}?'],
    ["web-${{ }}", 'has an unknown variable, "". There are recipe, cloud, '],
    ["web-${{ inputs.version }}", "is not unique per run. Add ${{ short_id }}"],
    ["web-${{ short_id }", "has a variable that does not begin with ${{ or not end with }}"],
    ["web-${{ seq }}-${{ date", "has a variable that does not begin"],
    ["web-{{ short_id }}-${{ seq }}", "has a variable that does not begin"],
    ["web-${short_id}-${{ seq }}", "has a variable that does not begin"],
  ])("%s is refused", (template, problem) => expect(templateProblem(template)).toContain(problem));
});

describe("the longest name", () => {
  it("is as long as any that a run will fill, but for the digits of seq", () => {
    const source = { idOrName: "web-golden", kind: "server" } as const;
    for (const template of ["${{ run_id }}-${{ source.name }}", "${{ seq }}", "${{ short_id }}"]) {
      const recipe = theRecipe();
      const longest = longestName({
        ...recipe,
        source,
        image: { ...recipe.image, name: template },
      });
      const filled = fillName(template, variables);
      const name = template === "${{ seq }}" ? filled.slice(0, 1) : filled;
      expect(longest.length).toBeGreaterThanOrEqual(name.length);
    }
  });
});
