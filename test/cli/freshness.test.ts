import { describe, expect, it } from "vitest";
import { statusOf } from "../../local/view/queries.ts";
import { randomIds } from "../../local/ids.ts";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import { checkFreshness } from "../../shared/protocol/check-freshness.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { LOCAL_TIMING } from "../../local/installation.ts";
import { recipeState, image, recipe, WEB } from "./records.ts";

const at = (time: string) => Date.parse(`2026-11-${time}:00Z`);
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/** An image that took ten minutes, current since 02:40 on the given day of November 2026. */
function currentSince(day: number) {
  const promotedAtMs = Date.UTC(2026, 10, day, 2, 40);
  const current = image("a", {
    state: "current",
    candidateAtMs: promotedAtMs - 10 * 60_000,
    promotedAtMs,
  });
  return recipeState({ current: "a", images: [current] });
}

/** What status says, and the check of the host, of a recipe that a host saw on the 20th, and no host since. */
async function judged(of: Recipe, inventory: RecipeState | null, now: string) {
  const store = new SqliteStore(openDatabase(":memory:"));
  const recipes = new Map([[of.name, of]]);
  const on = { store, ids: randomIds, log: quiet, timing: LOCAL_TIMING };
  await checkFreshness({ ...on, now: () => at("20T00:00") }, recipes);
  if (inventory !== null) {
    const rest = { sweepAtMs: null, day: null, expiresAtMs: null };
    const write = {
      key: recipeStateKey(of.name),
      writeId: "w",
      doc: JSON.stringify(inventory),
      ...rest,
    };
    await store.commit(write, 0);
  }
  const status = await statusOf({ store, recipes, now: () => at(now) });
  const { overdue } = await checkFreshness({ ...on, now: () => at(now) }, recipes);
  const [first] = status.recipes;
  return { state: first?.fresh.state, needsYou: first?.needs_you, check: overdue.length === 1 };
}

const OK = { state: "ok", needsYou: false, check: false };
const OVERDUE = { state: "overdue", needsYou: true, check: true };

describe("an image made every night at 02:30, with six hours and a quarter for a run, is", () => {
  it.each([
    ["in time while the next run has its time", "24T08:44", OK],
    ["overdue after one missed start, without a host that says so", "24T08:45", OVERDUE],
    ["overdue until an image is promoted", "27T12:00", OVERDUE],
  ])("%s", async (_rule, now, expected) => {
    expect(await judged(WEB, currentSince(23), now)).toEqual(expected);
  });
});

it("counts starts, not hours: over a weekend without any a recipe is in time", async () => {
  const weekdays = recipe("web", 'server: web, schedule: [{ cron: "30 2 * * MON-FRI" }]');
  expect(await judged(weekdays, currentSince(20), "23T02:00")).toEqual(OK);
  expect(await judged(weekdays, currentSince(20), "23T08:45")).toEqual(OVERDUE);
});

it("a recipe that has never had an image is overdue as well", async () => {
  expect(await judged(WEB, null, "20T08:44")).toMatchObject({ state: "no_image", check: false });
  expect(await judged(WEB, null, "20T08:45")).toEqual(OVERDUE);
});

it("a recipe without a schedule never is", async () => {
  const unscheduled = recipe("web", "server: web");
  const never = { state: "no_schedule", needsYou: false, check: false };
  expect(await judged(unscheduled, currentSince(1), "23T12:00")).toEqual(never);
});
