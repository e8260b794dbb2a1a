import { describe, expect, it } from "vitest";
import { recipeDueAtMs } from "../../../shared/image/due.ts";
import {
  isInPause,
  pauseAfterRun,
  pauseAt,
  paused,
  pauseText,
  resumed,
  wholePauseAt,
} from "../../../shared/image/pause.ts";
import { planRemoval } from "../../../shared/image/removal-plan.ts";
import type { Pause, RecipeState } from "../../../shared/image/recipe-state.ts";
import { HOUR, image, inventoryImage, MINUTE, NOW, recipeState } from "../builders.ts";

const asking = { by: "anna (cli)", reason: "the storage moves", untilMs: NOW + HOUR };
const pausedState = (is: Partial<RecipeState> = {}) => paused(recipeState(is), asking, NOW);
const HERE = { cloud: "mycloud", region: null };

describe("a pause", () => {
  it("lasts until its time, and counts no start within it, also later", () => {
    const state = pausedState();
    expect(pauseAt(state, NOW + HOUR - 1)).not.toBeNull();
    expect(pauseAt(state, NOW + HOUR)).toBeNull();
    const due = [NOW - 1, NOW, NOW + HOUR - 1, NOW + HOUR];
    expect(due.map((atMs) => isInPause(state, atMs))).toEqual([false, true, true, false]);
  });

  it("without a time lasts until somebody resumes, and the count of failures begins anew", () => {
    const open = paused(recipeState({ failuresInRow: 3 }), { ...asking, untilMs: null }, NOW);
    expect(wholePauseAt(open, NOW + 1000 * HOUR)).not.toBeNull();
    const after = resumed(open, "ben", NOW + HOUR);
    expect(after).toMatchObject({ failuresInRow: 0, pause: { resumedBy: "ben" } });
    expect(pauseAt(after ?? open, NOW + HOUR)).toBeNull();
    expect(isInPause(after ?? open, NOW + MINUTE)).toBe(true);
    expect(resumed(after ?? open, "ben", NOW + 2 * HOUR)).toBeNull();
  });

  it("says who, why and until when", () => {
    expect(pauseText(pausedState().pause ?? raise())).toBe(
      "paused by anna (cli) until 2026-11-23T10:30Z: the storage moves",
    );
  });
});

describe("while a recipe is paused", () => {
  const old = inventoryImage({ id: "old", state: "retired", retiredAtMs: NOW - 100 * HOUR });
  const marked = { ...inventoryImage({ id: "marked", state: "deleting" }), promotedAtMs: NOW };
  const failed = inventoryImage({ id: "failed", state: "deleting" });
  const current = inventoryImage({ id: "now", state: "current" });
  const state = {
    current: "now",
    rules: { keep: 1, coolingOffMs: HOUR, maxDeletes: 5 },
    images: [old, marked, failed, current],
  };
  const seen = {
    images: new Map(state.images.map(({ id }) => [id, image({ id })])),
    copies: new Map(),
    users: new Map<string, string[]>(),
    unread: null,
  };

  it("no image goes that was current once, and what a failed run made does", () => {
    const plan = planRemoval(pausedState(state), seen, HERE, NOW);
    expect(plan.ops).toEqual([{ kind: "delete", id: "failed" }]);
    expect(plan.kept.map(({ id }) => id).toSorted()).toEqual(["marked", "old"]);
    expect(plan.kept[0]?.why).toContain("paused by anna (cli)");
    const after = planRemoval(pausedState(state), seen, HERE, NOW + HOUR);
    expect(after.ops.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      "delete marked",
      "delete failed",
      "mark-for-deletion old",
    ]);
  });

  it("its record is due again at the end of the pause, or never", () => {
    const idle = { ...state, images: [old, marked, current], currentCheck: NO_CHECK };
    expect(recipeDueAtMs(pausedState(idle))).toBe(NOW + HOUR);
    const open = paused(recipeState(idle), { ...asking, untilMs: null }, NOW);
    expect(recipeDueAtMs(open)).toBe(FAR);
  });
});

const FAR = NOW + 9000 * HOUR;
const NO_CHECK = { imageId: "now", dueAtMs: FAR, goodAtMs: null, fault: null };

describe("failures in a row", () => {
  const lastRun = { id: "r", outcome: "failed", code: "quota", endedAtMs: NOW };
  const run = { id: "r", limit: 5, isScheduled: true };
  const after = (is: Partial<RecipeState>, of: Partial<typeof run> = {}) =>
    pauseAfterRun(recipeState({ lastRun, failuresInRow: 5, ...is }), { ...run, ...of }, NOW);

  it("pause the schedule, and nothing else", () => {
    const pause = after({});
    expect(pause).toMatchObject({
      scope: "schedule",
      by: "regild",
      reason: "5 runs in a row failed, the last with quota",
      untilMs: null,
    });
    expect(wholePauseAt({ pause }, NOW)).toBeNull();
  });

  it.each([
    ["a fourth failure", { failuresInRow: 4 }, {}],
    ["a limit of 0", {}, { limit: 0 }],
    ["a recipe without a schedule", {}, { isScheduled: false }],
    ["a cancelled run", { lastRun: { ...lastRun, outcome: "cancelled" } }, {}],
  ])("do not with %s", (_what, state, of) => expect(after(state, of)).toBeNull());

  it("leave a person's pause as it is, and a success ends theirs alone", () => {
    const byAnna = pausedState().pause;
    expect(after({ pause: byAnna })).toBe(byAnna);
    const success = { lastRun: { ...lastRun, outcome: "succeeded" }, failuresInRow: 0 };
    expect(after({ ...success, pause: byAnna })).toBe(byAnna);
    const ended = after({ ...success, pause: after({}) });
    expect(ended).toMatchObject({ untilMs: NOW, resumedBy: "r" });
  });

  it("pause anew when as many have failed after somebody has resumed", () => {
    const pause = after({});
    const resumedState = resumed(recipeState({ pause, failuresInRow: 5 }), "ben", NOW);
    expect(after({ ...resumedState, lastRun, failuresInRow: 4 })).toMatchObject({
      resumedBy: "ben",
    });
    expect(after({ ...resumedState, lastRun, failuresInRow: 5 })).toMatchObject({
      resumedBy: null,
    });
  });
});

function raise(): Pause {
  throw new Error("there is no pause");
}
