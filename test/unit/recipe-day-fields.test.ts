import { expect, it } from "vitest";
import { dayFieldsRule } from "../../shared/recipe/day-fields.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import { recipeText } from "./recipe-text.ts";

const NOW_MS = Date.parse("2026-11-28T00:00Z");

function warningsOf(schedule: string, head = ""): string[] {
  const text = recipeText(schedule === "" ? "" : `schedule: ${schedule}`, head);
  const { warnings } = loadRecipes(text, "recipes.yml", [dayFieldsRule(NOW_MS)]);
  return warnings.map(({ path, message }) => `${path}: ${message}`);
}

it.each([
  ["0 3 1-7 * SUN", 124, 'For the first SUN of a month write "0 3 * * SUN#1"'],
  ["0 3 8-14 * 1", 124, 'For the second 1 of a month write "0 3 * * 1#2"'],
  ["30 2 1 */2 mon", 31, 'For the first mon of a month write "30 2 * */2 mon#1"'],
  ["0 3 */2 * 1-5", 314, "Write * in one of the two day fields"],
  ["* * 1 * SUN", "1000 or more", "For the first SUN"],
])("%s starts %s runs in a year", (cron, starts, remedy) => {
  const [warning, ...others] = warningsOf(`[{ cron: "${cron}" }]`);
  expect(others).toEqual([]);
  expect(warning).toContain(`web.schedule: "${cron}" starts a run on each day`);
  expect(warning).toContain(`: ${starts} starts in the next year. `);
  expect(warning).toContain(remedy);
});

it.each(["0 3 * * SUN", "0 3 1 * *", "0 3 ? * SUN", "0 3 1 * ?", "0 3 * * SUN#1", "0 3 L * *"])(
  "%s has one day field, and no warning",
  (cron) => {
    expect(warningsOf(`[{ cron: "${cron}" }]`)).toEqual([]);
  },
);

it("names each of several, also those of defaults", () => {
  const head = 'defaults: { schedule: [{ cron: "0 3 1 * SUN" }, { cron: "0 4 2 * MON" }] }\n';
  const [warning = "", ...others] = warningsOf("", head);
  expect(others).toEqual([]);
  expect(warning).toContain('web.schedule: "0 3 1 * SUN"');
  expect(warning).toContain('"0 4 2 * MON"');
});
