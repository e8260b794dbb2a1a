import { describe, expect, it } from "vitest";
import { fillInputs, haveSameInputs } from "../../shared/recipe/inputs.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { givenInputs } from "../../shared/webhook/given-inputs.ts";

const RUNNER = String.raw`
recipes:
  runner:
    cloud: demo
    server: runner-golden
    webhook: { sender: ci, event: image.ready }
    inputs:
      version: { from: build.version, pattern: '^\d+\.\d+\.\d+$' }
      channel: { from: build.channel, default: stable }
      build: { from: build.number, type: integer, default: "0" }
    image:
      name: "runner-\${{ inputs.version }}-\${{ short_id }}"
      properties: { version: "\${{ inputs.version }}", channel: "\${{inputs.channel}} (\${{ inputs.build }})" }
`.replaceAll("\\${{", "${{");

function runner(text = RUNNER): Recipe {
  const read = loadRecipes(text, "recipes.yml");
  if ("problems" in read) throw new Error(JSON.stringify(read.problems));
  const recipe = read.recipes.get("runner");
  if (recipe === undefined) throw new Error("there is no runner");
  return recipe;
}

function problemsOf(text: string): string {
  const read = loadRecipes(text, "recipes.yml");
  return "problems" in read ? read.problems.map(({ message }) => message).join("\n") : "";
}

const payload = { build: { version: "1.4.2", number: 4711 } };

describe("inputs of a recipe", () => {
  it("fill the image's name and properties from a payload, and from defaults", () => {
    const recipe = runner();
    const filled = fillInputs(recipe, givenInputs(recipe, payload));
    if ("problem" in filled) throw new Error(filled.problem);
    expect(filled.recipe.image).toMatchObject({
      name: "runner-1.4.2-${{ short_id }}",
      properties: { version: "1.4.2", channel: "stable (4711)" },
    });
    expect(filled.recipe.inputs["version"]?.value).toBe("1.4.2");
  });

  it.each([
    [{}, "input version is missing, and has no default"],
    [{ build: { version: "1.4" } }, "input version does not match its pattern"],
    [{ build: { version: null } }, "input version is missing, and has no default"],
    [{ build: { version: ["1.4.2"] } }, "input version is missing, and has no default"],
    [{ build: { version: "1.4.2", number: "x" } }, "input build is not a whole number"],
    [{ build: { version: "1.4.2", channel: "" } }, "input channel is empty"],
    [{ build: { version: "1.4.2", channel: "x".repeat(129) } }, "input channel is over 128"],
    [{ build: { version: "1.4.2", channel: "${{ run_id }}" } }, "input channel holds a variable"],
    [{ build: { version: "1.4.2", channel: "a\nb" } }, "input channel holds a variable, a control"],
    [{ build: { version: "1.4.2", channel: "\u202eevil" } }, "input channel holds a variable, a"],
  ])("start nothing with the payload %j", (given, problem) => {
    const recipe = runner();
    const filled = fillInputs(recipe, givenInputs(recipe, given));
    expect("problem" in filled ? filled.problem : "").toContain(problem);
  });

  it("make a name that the cloud would refuse a reason not to start", () => {
    const recipe = runner(
      RUNNER.replace(/, pattern: '.*'/, "").replace("runner-$", `${"r".repeat(150)}-$`),
    );
    const filled = fillInputs(recipe, { version: "v".repeat(100) });
    expect("problem" in filled ? filled.problem : "").toContain("bytes long");
    const emoji = fillInputs(recipe, { version: "1😀" });
    expect("problem" in emoji ? emoji.problem : "").toContain("image.name fills to");
  });

  it("decide which runs may join", () => {
    const recipe = runner();
    const of = (version: string): Recipe => {
      const filled = fillInputs(recipe, { version });
      if ("problem" in filled) throw new Error(filled.problem);
      return filled.recipe;
    };
    expect(haveSameInputs(of("1.4.2"), of("1.4.2"))).toBe(true);
    expect(haveSameInputs(of("1.4.2"), of("1.4.3"))).toBe(false);
  });
});

const BUILT = String.raw`
recipes:
  runner:
    cloud: demo
    server: \${{ inputs.server_id }}
    inputs:
      server_id: { from: server.id, type: uuid }
      version: { from: version }
    allow_source: { name: "build-*", metadata: { purpose: golden } }
    image: { version: "\${{ inputs.version }}" }
`.replaceAll("\\${{", "${{");
const ID = "7c1e2f60-8a41-4d7e-9b0c-2f6f0a6a51d3";

describe("inputs that say the source and the version", () => {
  it("are filled in, and what the recipe allows stays with the run", () => {
    const filled = fillInputs(runner(BUILT), { server_id: ID, version: "1.4.2+b7" });
    if ("problem" in filled) throw new Error(filled.problem);
    expect(filled.recipe).toMatchObject({
      source: { kind: "server", idOrName: ID },
      allowSource: { name: "build-*", metadata: { purpose: "golden" } },
      image: { version: "1.4.2+b7" },
    });
  });

  it.each([
    [{ version: "1" }, "input server_id is missing"],
    [{ server_id: "build-1", version: "1" }, "input server_id is not a UUID"],
    [{ server_id: ID, version: "1.4/2" }, "image.version is no version label"],
    [{ server_id: ID, version: "-1" }, "image.version is no version label"],
    [{ server_id: ID, version: "1:2" }, "image.version is no version label"],
  ])("start nothing when they are %j", (given, problem) => {
    const filled = fillInputs(runner(BUILT), given);
    expect("problem" in filled ? filled.problem : "").toContain(problem);
  });

  it.each([
    [BUILT.replace(/ *allow_source.*\n/, ""), "comes from an input, and allow_source is missing"],
    [BUILT.replace(/server: .*/, "server: web-golden"), "is for a source that is an input"],
    [BUILT.replace(/allow_source.*/, "allow_source: {}"), "allows every server of the project"],
    [BUILT.replace(/allow_source.*/, 'allow_source: { name: "*" }'), "allows every server"],
    [BUILT.replace(/allow_source.*/, "allow_source: { metadata: {} }"), "allows every server"],
    [BUILT.replace(/allow_source.*/, "allow_source: { names: build }"), "Did you mean name?"],
    [BUILT.replace("inputs.server_id }}", "inputs.server }}"), "the recipe has no such input"],
    [BUILT.replace("inputs.server_id }}", "source.id }}"), "holds a variable that is no input"],
    [
      BUILT.replace(/version: "\$.*/, 'version: "${{ seq }}" }'),
      "holds a variable that is no input",
    ],
    [BUILT.replace(/version: "\$.*/, 'version: "1 2" }'), "is no version label"],
  ])("are refused in a file that does not say all (%#)", (text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });
});

describe("a recipe file", () => {
  it.each([
    [RUNNER.replace("inputs.version }}-", "inputs.versoin }}-"), "the recipe has no such input"],
    [RUNNER.replace("(${{ inputs.build }})", "${{ run_id }}"), "holds a variable that is no input"],
    [RUNNER.replace("from: build.version", "from: 'build.['"), "is not a JMESPath expression"],
    [RUNNER.replace(/'\^.*'/, "'('"), "is not a regular expression"],
    [RUNNER.replace('default: "0"', 'default: "no"'), "the default of build is not a whole number"],
    [RUNNER.replace("from: build.channel", "frm: build.channel"), "Did you mean from?"],
    [
      RUNNER.replace("    image:", '    schedule: [{ cron: "0 4 * * *" }]\n    image:'),
      "version has no default, and the schedule starts runs",
    ],
    [RUNNER.replace("-${{ short_id }}", ""), "is not unique per run"],
  ])("says what is wrong with inputs (%#)", (text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });
});
