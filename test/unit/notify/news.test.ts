import { describe, expect, it } from "vitest";
import { pauseAfterRun, resumed } from "../../../shared/image/pause.ts";
import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import { newNotificationState } from "../../../shared/notification/state.ts";
import { findNews } from "../../../shared/notify/news.ts";
import { HOUR, inventoryImage, MINUTE, NOW, recipeState, run } from "../builders.ts";

const DAY = 24 * HOUR;

/** Looks for news again and again, with what the looks before have found. */
function looks(startMs = NOW) {
  let state = newNotificationState(
    { name: "web", notifications: [{ to: "ops", events: [] }] },
    startMs,
  );
  return (doc: RecipeState, nowMs: number) => {
    const found = findNews(state, { runs: [], recipeState: doc, watch: null }, nowMs);
    ({ state } = found);
    return found.news;
  };
}

/** Events of the news, in looks every quarter of an hour. */
function eventsUntil(
  look: ReturnType<typeof looks>,
  doc: RecipeState,
  { fromMs, untilMs }: { fromMs: number; untilMs: number },
): Array<[hours: number, event: string]> {
  const told: Array<[number, string]> = [];
  for (let nowMs = fromMs; nowMs < untilMs; nowMs += 15 * MINUTE)
    for (const { event } of look(doc, nowMs)) told.push([(nowMs - NOW) / HOUR, event]);
  return told;
}

describe("a schedule that failures have paused", () => {
  const lastRun = { id: run().id, outcome: "failed", code: "conflict", endedAtMs: NOW } as const;
  const failing = recipeState({ failuresInRow: 5, lastRun });
  const pause = pauseAfterRun(failing, { id: run().id, limit: 5, isScheduled: true }, NOW);
  const paused: RecipeState = { ...failing, pause };

  it("is told at once, and again each day while it lasts", () => {
    const look = looks();
    expect(eventsUntil(look, paused, { fromMs: NOW, untilMs: NOW + 3 * DAY })).toEqual([
      [0, "paused"],
      [24, "paused"],
      [48, "paused"],
    ]);
    const again = resumed(paused, "anna", NOW + 3 * DAY) ?? paused;
    const after = { fromMs: NOW + 3 * DAY, untilMs: NOW + 6 * DAY };
    expect(eventsUntil(look, again, after)).toEqual([]);
  });
});

describe("an image that the recipe keeps no longer", () => {
  const rules = { keep: 2, coolingOffMs: 3 * DAY, maxDeletes: 5 };
  const old = inventoryImage({
    id: "old",
    state: "retired",
    promotedAtMs: NOW - 9 * DAY,
    retiredAtMs: NOW,
  });
  const kept = inventoryImage({ id: "kept", state: "retired" });
  const current = inventoryImage({ id: "now", state: "current" });
  const state = (...images: RecipeState["images"]) =>
    recipeState({ rules, current: "now", images });
  const whole = { fromMs: NOW, untilMs: NOW + 5 * DAY };

  it("is told of once, a day before it may be deleted", () => {
    expect(eventsUntil(looks(), state(old, kept, current), whole)).toEqual([[48, "deleting_soon"]]);
  });

  it("is told of with the time, the id, and how to keep it", () => {
    const [news] = looks()(state(old, kept, current), NOW + 2 * DAY);
    expect(news).toMatchObject({ image: { id: "old", name: "web-old" }, run: null });
    expect(news?.lines.join("\n")).toMatch(
      /From 2026-11-26T09:30Z, unless .*\n.*regild pin old --reason WHY/,
    );
  });

  it("is told of at once where less than a day is left", () => {
    const revoked = { by: "anna", reason: "a key", atMs: NOW };
    const soon = {
      ...state({ ...old, revoked }, current),
      rules: { ...rules, coolingOffMs: HOUR },
    };
    expect(eventsUntil(looks(), soon, whole)).toEqual([[0, "deleting_soon"]]);
  });

  it.each([
    ["pinned", state({ ...old, pinned: { by: "anna", reason: "4.2", atMs: NOW } }, kept, current)],
    ["one of those that are kept", state(old, current)],
    ["gone already", state({ ...old, state: "gone" }, kept, current)],
  ])("is not told of when it is %s", (_, doc) => {
    expect(eventsUntil(looks(), doc, whole)).toEqual([]);
  });
});
