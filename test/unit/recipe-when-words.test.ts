import { describe, expect, it } from "vitest";
import { evaluateWhen, whenProblem } from "../../shared/recipe/when.ts";

describe("a word that was meant as a literal is an error with the right spelling", () => {
  it.each([
    ['conclusion != "failure"', "'failure'"],
    ["fork != true", "`true`"],
    ["conclusion != failure", "'failure'"],
    ['"failure" != workflow_run.conclusion', "'failure'"],
    ["failure != workflow_run.conclusion", "'failure'"],
    ["false == draft", "`false`"],
    ['fork != "true"', "`true`"],
    ["workflow_run.conclusion != null", "`null`"],
    ['attempt != "1"', "'1' for the text or `1` for the number"],
    ["branch == 'main' && conclusion != \"failure\"", "'failure'"],
    ["branch == 'main' && (draft || !(conclusion == \"it's\"))", "'it\\'s'"],
    ['(conclusion) != ("failure")', "'failure'"],
    ["conclusion != ('a' || \"b\") || draft == true", "`true`"],
    ['conclusion != ("failure" || "cancelled")', "'cancelled'"],
    ['length(jobs[?conclusion != "failure"]) > `0`', "'failure'"],
    ["jobs[?fork != true] | length(@) > `0`", "`true`"],
    ['jobs[?labels[?name == "golden"]]', "'golden'"],
    ["{ a: fork == true }.a", "`true`"],
    ['!starts_with(ref, "refs/heads/wip")', "'refs/heads/wip'"],
    ["!contains(labels, wip)", "'wip'"],
    ['!contains(["failure", "cancelled"], conclusion)', "'cancelled'"],
    ["ends_with(join(\"-\", labels), 'x')", "'-'"],
    ['length(conclusion) != length("failure") && conclusion!="failure"', "'failure'"],
    ['conclusion == "fail\\u0075re"', "'failure'"],
  ])("%s", (expression, spelling) => {
    expect(whenProblem(expression)).toContain(`Write ${spelling}`);
  });

  it.each([
    ["attempt > 1", "a number needs backticks: `1`, character 11"],
    ["attempt == -1", "a number needs backticks: `-1`, character 12"],
    ["1 < attempt", "a number needs backticks: `1`, character 1"],
  ])("%s", (expression, spelling) => {
    expect(whenProblem(expression)).toContain(spelling);
  });
});

describe("right is", () => {
  it.each([
    "conclusion != 'failure'",
    "fork != `true`",
    "\"head-commit\" != 'failure'",
    "'failure' != \"head-commit\"",
    "\"head-commit\".message == 'x'",
    "workflow_run.head_sha == check.head_sha",
    'before != @."after"',
    "@.before != @.after",
    "length(jobs) == `2`",
    "length(jobs) > length(labels)",
    "contains(labels, 'golden')",
    "contains(labels, workflow_run.branch)",
    "contains(['main', 'next'], branch)",
    "starts_with(ref, 'true && \"x\" == y')",
    "a == 'x == \"y\"'",
    "a[0] == b[0]",
    "true_positive == 'x'",
    "draft",
    "!fork",
  ])("%s", (expression) => {
    expect(whenProblem(expression)).toBeNull();
  });

  it("what the message tells to write", () => {
    const payload = { conclusion: "failure", fork: true, attempt: 1 };
    expect(evaluateWhen("conclusion != 'failure'", payload)).toEqual({ value: false });
    expect(evaluateWhen("fork != `true`", payload)).toEqual({ value: false });
    expect(evaluateWhen("attempt != `1`", payload)).toEqual({ value: false });
    expect(evaluateWhen("@.\"conclusion\" == 'failure'", payload)).toEqual({ value: true });
  });
});
