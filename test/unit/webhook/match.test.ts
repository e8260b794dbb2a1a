import { expect, it } from "vitest";
import { matchOf, recipesOf } from "../../../shared/webhook/match.ts";
import { recipe } from "../builders.ts";

const payload = { branch: "main", draft: false, labels: ["golden"], attempt: 1, server: {} };
const matching = (when: string | null, event: string | null = "image.ready") =>
  matchOf({ sender: "ci", event: "image.ready", when, minGapMs: 0 }, { event, payload });
const passedOver = (reason: string, isTrouble = false) => ({
  kind: "passed-over",
  reason,
  isTrouble,
});

it.each([null, "branch == 'main'", "!draft", "attempt < `2`", "contains(labels, 'golden')"])(
  "a recipe is started when: %s",
  (when) => {
    expect(matching(when)).toEqual({ kind: "starts" });
  },
);

it.each([
  ["branch == 'next'", "when is false, not true"],
  ["nothing", "when is null, not true"],
  ["nothing > `1`", "when is null, not true"],
  ["branch", "when is of type string, not true"],
  ["attempt", "when is of type number, not true"],
  ["server", "when is of type object, not true"],
  ["labels", "when is a list, not true"],
  ["'true'", "when is of type string, not true"],
  ["`1`", "when is of type number, not true"],
])("only what is true lets it start, so not when: %s", (when, reason) => {
  expect(matching(when)).toEqual(passedOver(reason));
});

it("what cannot be asked does not let it start, and is trouble", () => {
  expect(matching("starts_with(attempt, 'm')")).toEqual(
    passedOver(
      'when cannot be asked of it: Invalid argument type for function starts_with(), expected "string" but found "number"',
      true,
    ),
  );
});

it.each([
  ["image.done", "it takes image.ready, not image.done"],
  ["Image.ready", "it takes image.ready, not Image.ready"],
  ["", "it takes image.ready, not "],
  [null, "the delivery names no event"],
])("another event, %j, is passed over", (event, reason) => {
  expect(matching("starts_with(attempt, 'm')", event)).toEqual(passedOver(reason));
});

it("a sender reaches its own recipes, in their order, and none of another sender or of none", () => {
  const of = (name: string, sender: string | null) => {
    const webhook = { event: "image.ready", when: null, minGapMs: 0 };
    return recipe({ name, webhook: sender === null ? null : { ...webhook, sender } });
  };
  const list = [of("web", "ci"), of("data", null), of("db", "forge"), of("app", "ci")];
  const recipes = new Map(list.map((each) => [each.name, each]));
  const namesFor = (sender: string) => recipesOf(recipes, sender).map(({ name }) => name);
  expect(namesFor("ci")).toEqual(["web", "app"]);
  expect(namesFor("forge")).toEqual(["db"]);
  expect(namesFor("nobody")).toEqual([]);
  // As after a change of recipes.yml.
  const changed = new Map([["db", of("db", "ci")]]);
  expect(recipesOf(changed, "ci").map(({ name }) => name)).toEqual(["db"]);
});
