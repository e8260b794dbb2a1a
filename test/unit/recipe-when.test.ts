import { describe, expect, it } from "vitest";
import { evaluateWhen, whenProblem } from "../../shared/recipe/when.ts";

const payload = {
  branch: "main",
  attempt: 2,
  draft: false,
  labels: ["golden", "fast"],
  server: { name: "build-17" },
  "head-commit": { message: "it's (not) done" },
};

describe("an expression is", () => {
  it.each([
    ["branch == 'main'", true],
    ["branch == 'next'", false],
    ["draft", false],
    ["!draft", true],
    ["branch", "main"],
    ["nothing.here", null],
    ["attempt > `1` && server.name == 'build-17'", true],
    ["contains(labels, 'golden')", true],
    ["starts_with(server.name, 'build-')", true],
    ["labels[?@ == 'fast'] | length(@) == `1`", true],
    ["\"head-commit\".message == 'it\\'s (not) done'", true],
    ["nothing > `1`", undefined],
  ])("%s: of the payload %j", (expression, value) => {
    expect(whenProblem(expression)).toBeNull();
    expect(evaluateWhen(expression, payload)).toEqual({ value });
  });
});

describe("sort and reverse", () => {
  const lists = () => ({ tags: ["v1.9", "V2", "a", "ä", "v1.10"], builds: [10, 9, 100] });

  it.each([
    ["sort(tags)", ["V2", "a", "v1.10", "v1.9", "ä"]],
    ["sort(builds)", [9, 10, 100]],
    ["reverse(tags)", ["v1.10", "ä", "a", "V2", "v1.9"]],
    ["reverse('abc')", "cba"],
    ["[reverse(builds)[0], builds[0], sort(builds)[0], builds[0]]", [100, 10, 9, 10]],
  ])("%s leaves the payload as it was", (expression, value) => {
    const given = lists();
    expect(evaluateWhen(expression, given)).toEqual({ value });
    expect(given).toEqual(lists());
  });

  it.each([
    ["sort(@)", "object"],
    ["sort(mixed)", "array"],
    ["reverse(`1`)", "number"],
  ])("%s says why it cannot be", (expression, found) => {
    const { problem } = { problem: "", ...evaluateWhen(expression, { mixed: ["a", 1] }) };
    expect(problem).toContain(`but found "${found}"`);
  });
});

describe("it comes to nothing, and says why, where", () => {
  it.each([
    [
      "starts_with(nothing, 'build-')",
      'Invalid argument type for function starts_with(), expected "string" but found "null"',
    ],
    [
      "length(attempt)",
      'Invalid argument type for function length(), expected one of "array", "string", "object" but found "number"',
    ],
    ["nosuch(branch)", "Unknown function: nosuch()"],
  ])("%s", (expression, problem) => {
    expect(evaluateWhen(expression, payload)).toEqual({ problem });
  });

  it("a payload is nested beyond measure", () => {
    const deep = `{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
    const nested: object = { a: 1, ...JSON.parse(deep) };
    expect(evaluateWhen("contains(to_string(a), 'x')", nested)).not.toEqual({ value: true });
  });
});

describe("what can be said of no payload", () => {
  const syntax = (text: string) => `is not a JMESPath expression: ${text}. Write for example when:`;
  it.each([
    ["", syntax("it ends too early")],
    ["branch = 'main'", syntax("nothing begins with =, character 8")],
    ["branch == 'main", syntax("nothing begins with 'main, character 11")],
    ["branch == main)", syntax('")", character 15, has no place there')],
    ["branch ==", syntax("it ends too early")],
    ["labels[", syntax("it ends too early")],
    ["labels[0", syntax("it ends too early")],
    ["a 'b'", syntax('"b", character 3, has no place there')],
    ['"\\q" == a', syntax("it cannot be read")],
    ['"type"(a)', syntax("quoted identifiers cannot be used as a function name")],
    ["@(a)", syntax("it cannot be read")],
    ["constructor", syntax("it cannot be read")],
    [
      "starts_with(branch)",
      syntax("Expected at least 2 arguments for function starts_with(), received 1"),
    ],
    ["start_with(branch, 'm')", "has an unknown function, start_with. Did you mean starts_with?"],
    ["startsWith(branch, 'm')", "has an unknown function, startsWith. Did you mean starts_with?"],
    ["nosuch(branch)", "has an unknown function, nosuch. There are abs, avg, ceil, contains,"],
    ["draft && nosuch (branch)", "has an unknown function, nosuch. There are abs"],
    ["powertools_json(body)", "has an unknown function, powertools_json. There are abs"],
  ])("%j", (expression, problem) => {
    expect(whenProblem(expression)).toContain(problem);
  });

  it.each([
    "a == 'nosuch(b)'",
    'a == `"nosuch(b)"`',
    '@."nosuch(b)" == a',
    "a == 'it\\'s nosuch(b)'",
  ])("is not what is only quoted: %s", (expression) => {
    expect(whenProblem(expression)).toBeNull();
  });

  it("every function of the specification is known", () => {
    const [, names = ""] = /There are (.*)$/.exec(whenProblem("nosuch(a)") ?? "") ?? [];
    const known = names.split(", ");
    expect(known).toHaveLength(26);
    for (const name of known) {
      const problem = evaluateWhen(`${name}(a, b, c, d, e)`, payload);
      expect(JSON.stringify(problem)).not.toContain("Unknown function");
    }
  });
});
