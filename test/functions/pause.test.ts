import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { handler as checkFreshness } from "../../functions/check-freshness/handler.ts";
import { handler as onSchedule } from "../../functions/on-schedule/handler.ts";
import { pauseRecipe, resumeRecipe } from "../../shared/commands/pause.ts";
import { eventsOf } from "../../shared/events/events-of.ts";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import { HOUR, MINUTE, NOW, recipe, recipeState } from "../unit/builders.ts";
import { Installation, readSample } from "./installation.ts";

const tick = z
  .looseObject({ "detail-type": z.literal("Scheduled Event") })
  .parse(JSON.parse(readSample("on-schedule/tick")));
const DAY = 24 * HOUR;

/** NOW is 09:30:12 UTC; the recipe starts at every full hour. */
function stage() {
  const on = new Installation();
  on.recipes.set("web", recipe({ schedule: [{ cron: "0 * * * *", timezone: "UTC" }] }));
  const scheduled = async (atMs: number) => {
    on.nowMs = atMs;
    return (await on.call(onSchedule, tick)).started.length;
  };
  const check = async (atMs: number) => {
    on.nowMs = atMs;
    return on.call(checkFreshness, tick);
  };
  const pause = (untilMs: number | null) =>
    pauseRecipe(on.backend, "web", { by: "anna", reason: "storage", untilMs });
  return { on, scheduled, check, pause };
}

describe("the schedule of a paused recipe", () => {
  it("starts nothing, and makes up for nothing when the pause is over", async () => {
    const { on, scheduled, pause } = stage();
    expect(await scheduled(NOW)).toBe(0);
    await pause(NOW + 2 * HOUR);
    expect(await scheduled(NOW + HOUR)).toBe(0);
    expect(on.logged.at(-1)).toContain("scheduled start is left out: paused");
    expect(await scheduled(NOW + 2 * HOUR)).toBe(0);
    expect(await scheduled(NOW + 3 * HOUR)).toBe(1);
  });

  it("makes up for nothing either when the host was down, and somebody has resumed meanwhile", async () => {
    const { on, scheduled, pause } = stage();
    await scheduled(NOW);
    await pause(null);
    on.nowMs = NOW + 40 * MINUTE;
    await resumeRecipe(on.backend, "web", "ben");
    expect(await scheduled(NOW + 45 * MINUTE)).toBe(0);
    expect(await scheduled(NOW + 91 * MINUTE)).toBe(1);
  });

  it("is not overdue, and its starts count from the end of the pause", async () => {
    const { check, pause } = stage();
    await check(NOW);
    await pause(NOW + 30 * HOUR);
    const late = await check(NOW + 29 * HOUR);
    expect(late).toMatchObject({ overdue: [], paused: ["web"] });
    expect((await check(NOW + 31 * HOUR)).overdue).toEqual([]);
    expect((await check(NOW + 40 * HOUR)).overdue).toMatchObject([{ recipe: "web" }]);
  });
});

describe("a schedule that failures have paused", () => {
  const pause = {
    scope: "schedule" as const,
    by: "regild",
    reason: "5 runs in a row failed, the last with quota",
    atMs: NOW,
    untilMs: null,
    resumedBy: null,
  };

  it("starts nothing, and is told at once, once a day, and when it is over", async () => {
    const { on, scheduled, check } = stage();
    await scheduled(NOW);
    on.putRecipeState(recipeState({ pause, failuresInRow: 5 }));
    expect(await scheduled(NOW + HOUR)).toBe(0);
    on.logged.splice(0);
    const told = () => on.logged.splice(0).filter((line) => line.startsWith("schedule is"));
    for (let atMs = NOW; atMs < NOW + DAY; atMs += 15 * MINUTE) await check(atMs);
    expect(told()).toEqual([expect.stringContaining("5 runs in a row failed")]);
    await check(NOW + DAY);
    expect(told()).toHaveLength(1);
    await resumeRecipe(on.backend, "web", "ben");
    await check(NOW + DAY + MINUTE);
    expect(told()).toEqual(['schedule is resumed {"recipe":"web"}']);
  });
});

describe("the events", () => {
  it("say who pauses until when, and who resumes; a pause that is lengthened is one more", async () => {
    const { on, pause } = stage();
    const told = async (act: () => Promise<unknown>) => {
      const before = await on.store.get(recipeStateKey("web"));
      await act();
      const after = await on.item(recipeStateKey("web"));
      return eventsOf({ before, after, writtenAtMs: on.nowMs }).map(({ type, detail }) => ({
        type,
        ...detail,
      }));
    };
    const of = { recipe: "web", scope: "everything", run: null, cloud: null };
    const until = "2026-11-23T10:30:12.000Z";
    expect(await told(() => pause(NOW + HOUR))).toMatchObject([
      { type: "Recipe Paused", ...of, by: "anna", reason: "storage", until },
    ]);
    on.nowMs += MINUTE;
    expect(await told(() => pause(null))).toMatchObject([{ type: "Recipe Paused", until: null }]);
    expect(await told(() => resumeRecipe(on.backend, "web", "ben"))).toMatchObject([
      { type: "Recipe Resumed", ...of, by: "ben" },
    ]);
    expect(await told(async () => {})).toEqual([]);
  });
});
