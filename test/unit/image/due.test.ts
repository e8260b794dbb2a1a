import { describe, expect, it } from "vitest";
import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import { recipeDueAtMs } from "../../../shared/image/due.ts";
import { beyondKeep } from "../../../shared/image/retention.ts";
import { lateAttempts } from "../../../shared/run/created-by-run.ts";
import {
  recipeState,
  HOUR,
  intent,
  inventoryImage,
  MINUTE,
  NOW,
  resource,
  run,
} from "../builders.ts";

const RULES = { keep: 1, coolingOffMs: HOUR, maxDeletes: 5 };
const current = inventoryImage({ id: "current", state: "current" });
const retired = (retiredAtMs: number, id = "retired") =>
  inventoryImage({ id, state: "retired", retiredAtMs });

/** Checked just now, so that the next check is six hours away. */
const CHECKED = { imageId: "current", goodAtMs: NOW, dueAtMs: NOW + 6 * HOUR, fault: null };

describe("when a recipe state wants its next check", () => {
  const cases: Array<[rule: string, is: Partial<RecipeState>, dueAtMs: number | null]> = [
    [
      "at the next check of its current image, when nothing is pending",
      { current: "current", images: [current] },
      NOW + 6 * HOUR,
    ],
    [
      "two minutes after the promotion, when its current image was not checked yet",
      { current: "current", images: [current], currentCheck: null },
      (current.promotedAtMs ?? 0) + 2 * MINUTE,
    ],
    ["never, before its first promotion", { images: [retired(NOW)] }, null],
    ["when its run is to be asked after", { checkRunAtMs: NOW + 5 }, NOW + 5],
    [
      "when the clouds are to be shown the pointer",
      { current: "current", images: [current], projectAtMs: NOW + 7 },
      NOW + 7,
    ],
    [
      "when a retired image is to be hidden after the only one was revoked, although none was shown yet",
      { current: null, shown: null, images: [retired(NOW)], projectAtMs: NOW + 7 },
      NOW + 7,
    ],
    [
      "never, to show a pointer where there is no image",
      { current: null, shown: "gone", images: [], projectAtMs: NOW + 7 },
      null,
    ],
    [
      "at once, for an image marked for deletion",
      { images: [inventoryImage({ id: "x", state: "deleting" })] },
      0,
    ],
    ["at once, for a resource marked for deletion", { resources: [resource({ id: "s" })] }, 0],
    [
      "never, for a part that an image needs",
      { resources: [resource({ id: "s", state: "kept", imageId: "current" })] },
      null,
    ],
    [
      "at the time put off to, for a delete that was refused",
      { resources: [resource({ id: "s" })], retryAtMs: NOW + HOUR },
      NOW + HOUR,
    ],
    [
      "when an unanswered create is looked for again",
      { lateAttempts: lateAttempts(run({ unansweredAttempts: [intent()] }), NOW) },
      NOW + MINUTE,
    ],
    [
      "when a retired image has cooled off",
      { current: "current", rules: RULES, images: [current, retired(NOW)] },
      NOW + HOUR,
    ],
    [
      "no earlier, for retired images within keep",
      { current: "current", rules: { ...RULES, keep: 2 }, images: [current, retired(NOW)] },
      NOW + 6 * HOUR,
    ],
    [
      "never, for what the run that works on the recipe deletes by itself",
      {
        activeRun: run().id,
        current: "current",
        rules: RULES,
        images: [current, retired(0), inventoryImage({ id: "x", state: "deleting" })],
        resources: [resource({ id: "s" })],
      },
      null,
    ],
    [
      "at the earliest of all",
      {
        current: "current",
        rules: RULES,
        images: [current, retired(NOW)],
        projectAtMs: NOW + 3,
        checkRunAtMs: NOW + 4,
      },
      NOW + 3,
    ],
  ];

  it.each(cases)("%s", (_rule, is, dueAtMs) => {
    expect(recipeDueAtMs(recipeState({ currentCheck: CHECKED, ...is }))).toBe(dueAtMs);
  });
});

describe("beyond keep", () => {
  const images = [
    current,
    inventoryImage({ id: "r1", state: "retired", promotedAtMs: NOW - 4 * HOUR }),
    inventoryImage({ id: "r3", state: "retired", promotedAtMs: NOW - 2 * HOUR }),
    inventoryImage({ id: "r2", state: "retired", promotedAtMs: NOW - 3 * HOUR }),
    inventoryImage({ id: "candidate" }),
    inventoryImage({ id: "deleting", state: "deleting" }),
  ];
  const idsBeyond = (keep: number, is: Partial<RecipeState> = {}) =>
    beyondKeep(recipeState({ current: "current", images, ...is }), keep).map((i) => i.id);

  it.each([
    [1, ["r3", "r2", "r1"]],
    [2, ["r2", "r1"]],
    [3, ["r1"]],
    [4, []],
    [99, []],
  ])("of keep %i, the current one counted, are the retired ones promoted earliest", (keep, ids) => {
    expect(idsBeyond(keep)).toEqual(ids);
  });

  it.each(["cloud", "region", "projectId", "sourceId"] as const)(
    "is no image of another %s than the current one's",
    (field) => {
      const elsewhere = images.map((i) =>
        i.id === "r1" ? { ...i, where: { ...i.where, [field]: "another" } } : i,
      );
      expect(idsBeyond(1, { images: elsewhere })).toEqual(["r3", "r2"]);
    },
  );

  it("is none without a current image", () => {
    expect(idsBeyond(1, { current: null })).toEqual([]);
  });
});
