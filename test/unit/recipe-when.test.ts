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

describe("functions are as the specification has them", () => {
  const given = () => ({
    tags: ["v1.9", "V2", "a", "ä", "v1.10"],
    builds: [10, 9, 100],
    checks: [
      { name: "lint", passed: true, failures: 0 },
      { name: "boot", passed: false, failures: 3 },
    ],
    draft: false,
    build: { number: "", label: "0x10", count: "17" },
  });

  it.each([
    ["sort(tags)", ["V2", "a", "v1.10", "v1.9", "ä"]],
    ["sort(builds)", [9, 10, 100]],
    ["reverse(tags)", ["v1.10", "ä", "a", "V2", "v1.9"]],
    ["reverse('abc')", "cba"],
    ["[reverse(builds)[0], builds[0], sort(builds)[0], builds[0]]", [100, 10, 9, 10]],
    ["map(&passed, checks)", [true, false]],
    ["map(&failures, checks)", [0, 3]],
    ["map(&nothing, checks)", [null, null]],
    ["!contains(map(&passed, checks), `false`)", false],
    ["not_null(draft, `true`)", false],
    ["not_null(nothing, build.number, 'x')", ""],
    ["not_null(nothing)", null],
    ["to_number(build.number)", null],
    ["to_number(build.label)", null],
    ["to_number(build.count)", 17],
    ["to_number('-1.5e3')", -1500],
    ["to_number(tags)", null],
    ['contains(checks, `{"name":"lint","passed":true,"failures":0}`)', true],
    ["contains(tags, 'V2')", true],
    ["contains('image-7', 'age')", true],
    ["contains('image-7', `7`)", false],
  ])("%s, and the payload stays as it was", (expression, value) => {
    const payload = given();
    expect(evaluateWhen(expression, payload)).toEqual({ value });
    expect(payload).toEqual(given());
  });

  it.each([
    ["sort(@)", 'but found "object"'],
    ["sort([tags[0], builds[0]])", 'but found "array"'],
    ["sort(checks)", 'but found "array"'],
    ["reverse(`1`)", 'but found "number"'],
    ["contains(draft, 'x')", 'but found "boolean"'],
    ["not_null()", "Expected 1 argument"],
    ["to_number(draft, draft)", "Expected at most 1 argument"],
  ])("%s says why it cannot be", (expression, words) => {
    const asked = evaluateWhen(expression, given());
    expect(asked).toHaveProperty("problem", expect.stringContaining(words));
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
