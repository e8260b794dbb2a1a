import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { handler } from "../../functions/check-freshness/handler.ts";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { recipeState, HOUR, inventoryImage, MINUTE, NOW, recipe } from "../unit/builders.ts";
import { Installation, readSample } from "./installation.ts";

const tick = z
  .looseObject({ "detail-type": z.literal("Scheduled Event") })
  .parse(JSON.parse(readSample("check-freshness/tick")));

/** NOW is 09:30:12 UTC: next due at 10:00, overdue at 11:15 (an hour for the run, and its grace). */
const hourly = recipe({ schedule: [{ cron: "0 * * * *", timezone: "UTC" }], deadlineMs: HOUR });
const OVERDUE = NOW + 105 * MINUTE;
const DAY = 24 * HOUR;

function stage(...recipes: Recipe[]) {
  const on = new Installation();
  for (const each of recipes) on.recipes.set(each.name, each);
  const promoted = (promotedAtMs: number) =>
    on.putRecipeState(
      recipeState({ images: [inventoryImage({ id: "i", state: "current", promotedAtMs })] }),
    );
  const check = async (atMs: number) => {
    on.nowMs = atMs;
    return (await on.call(handler, tick)).overdue;
  };
  return { on, check, promoted };
}

const due = (recipe: string) => ({ recipe, due: "2026-11-23T10:00:00.000Z", refreshed: null });

describe("a recipe is overdue", () => {
  it("when its schedule has led to no image in a run's time, though it never came to a recipe state", async () => {
    const { check } = stage(hourly);
    expect(await check(NOW)).toEqual([]);
    expect(await check(OVERDUE - MINUTE)).toEqual([]);
    expect(await check(OVERDUE)).toEqual([due("web")]);
  });

  it("until an image is promoted, and again when the next start comes to nothing", async () => {
    const { check, promoted } = stage(hourly);
    await check(NOW);
    expect(await check(OVERDUE)).toHaveLength(1);
    promoted(OVERDUE + MINUTE);
    expect(await check(OVERDUE + 15 * MINUTE)).toEqual([]);
    expect(await check(OVERDUE + 2 * HOUR)).toEqual([
      { recipe: "web", due: "2026-11-23T12:00:00.000Z", refreshed: "2026-11-23T11:16:12.000Z" },
    ]);
  });

  it("not while its starts find that no image is needed", async () => {
    const { on, check } = stage(hourly);
    await check(NOW);
    on.putRecipeState(recipeState({ notNeededAtMs: OVERDUE - 15 * MINUTE }));
    expect(await check(OVERDUE)).toEqual([]);
    expect(await check(OVERDUE + 2 * HOUR)).toHaveLength(1);
  });

  it("not for what was before it was first seen", async () => {
    const { check, promoted } = stage(hourly);
    promoted(NOW - 30 * DAY);
    expect(await check(NOW)).toEqual([]);
    expect(await check(OVERDUE)).toEqual([
      { ...due("web"), refreshed: new Date(NOW - 30 * DAY).toISOString() },
    ]);
  });

  it("not for what was before its schedule was changed, or given back", async () => {
    const { on, check, promoted } = stage(recipe({ ...hourly, schedule: [] }));
    promoted(NOW - 30 * DAY);
    expect(await check(NOW - DAY)).toEqual([]);
    on.recipes.set("web", hourly);
    expect(await check(NOW)).toEqual([]);
    expect(await check(OVERDUE)).toHaveLength(1);
    on.recipes.set("web", { ...hourly, schedule: [{ cron: "5 * * * *", timezone: "UTC" }] });
    expect(await check(OVERDUE + MINUTE)).toEqual([]);
    expect(await check(OVERDUE + 3 * HOUR)).toHaveLength(1);
  });

  it("never without a schedule", async () => {
    const { on, check } = stage(recipe());
    expect(await check(NOW)).toEqual([]);
    expect(await check(NOW + 365 * DAY)).toEqual([]);
    expect(on.logged).toEqual([]);
  });
});

describe("it is told", () => {
  it("once, again a day later, and when it is over", async () => {
    const { on, check, promoted } = stage(hourly);
    await check(NOW);
    for (let atMs = OVERDUE; atMs < OVERDUE + DAY; atMs += 15 * MINUTE) await check(atMs);
    const line = `recipe is overdue ${JSON.stringify({ ...due("web"), remedy: "regild runs web" })}`;
    expect(on.logged.splice(0)).toEqual([line]);
    await check(OVERDUE + DAY);
    expect(on.logged.splice(0)).toEqual([line]);
    promoted(OVERDUE + DAY + MINUTE);
    await check(OVERDUE + DAY + 15 * MINUTE);
    await check(OVERDUE + DAY + 30 * MINUTE);
    expect(on.logged).toEqual(['recipe is no longer overdue {"recipe":"web"}']);
  });

  it("of each recipe by itself, and counted with every check, zero too", async () => {
    const { on, check } = stage(hourly, recipe({ ...hourly, name: "db" }), recipe({ name: "cli" }));
    await check(NOW);
    await check(OVERDUE);
    await check(OVERDUE + 15 * MINUTE);
    expect(on.logged.map((line) => /"recipe":"(\w+)"/.exec(line)?.[1])).toEqual(["web", "db"]);
    const overdue = (regild_recipe_overdue: number) => [
      { regild_recipe_overdue, regild_recipe_current_unusable: 0, regild_recipe_paused: 0 },
    ];
    expect(on.measured).toEqual([overdue(0), overdue(2), overdue(2)]);
  });
});

describe("a current image", () => {
  const images = [inventoryImage({ id: "now", state: "current", promotedAtMs: NOW })];
  const fault = { status: "deleted", why: null, sinceMs: NOW, isConfirmed: true };
  const currentCheck = { imageId: "now", dueAtMs: NOW + HOUR, goodAtMs: null, fault };

  it("that was deleted or deactivated outside is counted with every check", async () => {
    const { on, check } = stage(recipe());
    on.putRecipeState(recipeState({ current: "now", images, currentCheck }));
    await check(NOW);
    on.putRecipeState(recipeState({ current: "now", images }));
    await check(NOW);
    expect(on.measured.map(([values]) => values.regild_recipe_current_unusable)).toEqual([1, 0]);
  });

  it("of a version that checked none gets a time for its first check", async () => {
    const { on, check } = stage(recipe());
    on.putRecipeState(recipeState({ current: "now", images }));
    expect((await on.item(recipeStateKey("web"))).sweepAtMs).toBeNull();
    await check(NOW);
    expect((await on.item(recipeStateKey("web"))).sweepAtMs).toBe(NOW + 2 * MINUTE);
  });
});

describe("a recipe whose keep, cooling_off or max_deletes was changed", () => {
  const applied = { keep: 5, newerThanMs: 0, coolingOffMs: HOUR, maxDeletes: 5 };
  const images = [
    inventoryImage({ id: "now", state: "current", promotedAtMs: NOW }),
    inventoryImage({ id: "old", state: "retired", retiredAtMs: NOW - HOUR }),
  ];

  it.each([{ keep: 1 }, { keepNewerThanMs: HOUR }, { coolingOffMs: 2 * HOUR }, { maxDeletes: 9 }])(
    "applies to clean-ups from the next check on: %o",
    async (changed) => {
      const { on, check } = stage(recipe({ ...applied, ...changed }));
      on.putRecipeState(recipeState({ current: "now", rules: applied, images }));
      await check(NOW);
      const { keepNewerThanMs: newerThanMs = 0, ...rest }: { keepNewerThanMs?: number } = changed;
      expect((await on.recipeState("web")).rules).toEqual({ ...applied, newerThanMs, ...rest });
      expect(on.logged).toMatchObject([
        expect.stringContaining("clean-ups go by the changed recipe"),
      ]);
      const { version } = await on.item(recipeStateKey("web"));
      await check(NOW + 15 * MINUTE);
      expect((await on.item(recipeStateKey("web"))).version).toBe(version);
    },
  );

  it("has images that it keeps no longer deleted at once", async () => {
    const { on, check } = stage(recipe({ ...applied, keep: 1 }));
    on.putRecipeState(recipeState({ current: "now", rules: applied, images }));
    await check(NOW);
    expect((await on.item(recipeStateKey("web"))).sweepAtMs).toBe(NOW);
  });

  it("changes nothing before its first promotion", async () => {
    const { on, check } = stage(recipe({ keep: 1 }));
    on.putRecipeState(recipeState());
    await check(NOW);
    expect((await on.item(recipeStateKey("web"))).version).toBe(1);
  });
});

it("goes on to the others where a record cannot be read, and then says so", async () => {
  const { on, check } = stage(hourly, recipe({ ...hourly, name: "db" }));
  await check(NOW);
  on.put(recipeStateKey("web"), { schema: 3 }, 1);
  await expect(check(OVERDUE)).rejects.toThrow(
    "nobody can tell whether these are overdue: web (ZodError: ",
  );
  expect(on.logged.map((line) => /"recipe":"(\w+)"/.exec(line)?.[1])).toEqual(["db"]);
  expect(on.measured.at(-1)).toEqual([
    { regild_recipe_overdue: 1, regild_recipe_current_unusable: 0, regild_recipe_paused: 0 },
  ]);
});

it("writes nothing while nothing changes, and needs no cloud", async () => {
  const { on, check } = stage(hourly);
  await check(NOW);
  const before = [...on.store.table.items.values()];
  await check(NOW + 15 * MINUTE);
  expect([...on.store.table.items.values()]).toEqual(before);
  expect(on.requests).toEqual([]);
});

it("asks for twenty recipes at once, and tells of them in their order", async () => {
  const names = Array.from({ length: 50 }, (_, i) => `recipe-${i}`);
  const { on, check } = stage(...names.map((name) => recipe({ ...hourly, name })));
  const get = on.store.get.bind(on.store);
  let asked = 0;
  let most = 0;
  on.store.get = async (key) => {
    most = Math.max(most, ++asked);
    await setImmediate();
    asked--;
    return get(key);
  };
  await check(NOW);
  const overdue = await check(OVERDUE);
  expect(overdue.map((each) => each.recipe)).toEqual(names);
  expect(most).toBe(20);
});
