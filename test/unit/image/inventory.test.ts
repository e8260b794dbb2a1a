import { describe, expect, it } from "vitest";
import { recipeDueAtMs } from "../../../shared/image/due.ts";
import {
  recipeStateSchema,
  IMAGE_STATES,
  type RecipeState,
  type ImageState,
} from "../../../shared/image/recipe-state.ts";
import {
  addResources,
  markTemporaryForDeletion,
  resourceGone,
} from "../../../shared/image/backing-resources.ts";
import { awaitLateAttempts } from "../../../shared/image/late-attempts.ts";
import {
  markForDeletion,
  imageOf,
  markGone,
  mayMove,
  register,
} from "../../../shared/image/inventory.ts";
import { markStraysForDeletion } from "../../../shared/image/strays.ts";
import { promote } from "../../../shared/image/promotion.ts";
import { lateAttempts } from "../../../shared/run/created-by-run.ts";
import { recipeState, intent, inventoryImage, NOW, resource, run } from "../builders.ts";

const RULES = { keep: 3, coolingOffMs: 0, maxDeletes: 5 };
const pairs = IMAGE_STATES.flatMap((from) => IMAGE_STATES.map((to) => [from, to] as const));

const ALLOWED = new Set([
  "candidate → current",
  "candidate → deleting",
  "current → retired",
  "retired → current",
  "retired → deleting",
  "deleting → gone",
]);

/** A recipe state with one image in that state. */
function recipeStateWith(state: ImageState): RecipeState {
  const current = state === "current" ? "it" : null;
  return recipeState({ current, images: [inventoryImage({ id: "it", state })] });
}

describe("what may become of an image", () => {
  it.each(pairs)("%s → %s only if the table says so", (from, to) => {
    expect(mayMove(recipeStateWith(from), "it", to)).toBe(ALLOWED.has(`${from} → ${to}`));
  });

  it("is nothing, for one that the inventory does not list", () => {
    for (const to of IMAGE_STATES) expect(mayMove(recipeState(), "foreign", to)).toBe(false);
  });

  const moves: Array<[ImageState, (recipeState: RecipeState) => RecipeState | null]> = [
    ["current", (h) => promote(h, "it", NOW, { rules: RULES, uploadSeconds: null })],
    ["deleting", (h) => markForDeletion(h, "it", "reason", NOW)],
    ["gone", (h) => markGone(h, "it", NOW)],
  ];
  const attempts = moves.flatMap(([to, move]) => IMAGE_STATES.map((from) => ({ from, to, move })));

  it.each(attempts)("$from → $to is written, or refused by null", ({ from, to, move }) => {
    const moved = move(recipeStateWith(from));
    const allowed = ALLOWED.has(`${from} → ${to}`);
    expect(moved && imageOf(moved, "it")?.state).toBe(allowed ? to : null);
  });
});

describe("promotion", () => {
  const before = recipeState({
    current: "old",
    images: [
      inventoryImage({ id: "older", state: "retired" }),
      inventoryImage({ id: "old", state: "current" }),
      inventoryImage({ id: "new", state: "candidate" }),
    ],
  });
  const promoted = (h: RecipeState, id: string) =>
    promote(h, id, NOW, { rules: RULES, uploadSeconds: null }) ?? h;

  it("makes the candidate current and retires the current one, in one write", () => {
    const after = promoted(before, "new");
    expect(after.current).toBe("new");
    expect(after.images.map((i) => [i.id, i.state])).toEqual([
      ["older", "retired"],
      ["old", "retired"],
      ["new", "current"],
    ]);
    expect(imageOf(after, "new")).toMatchObject({ promotedAtMs: NOW, replaces: "old" });
    expect(imageOf(after, "old")).toMatchObject({ retiredAtMs: NOW });
    expect(imageOf(after, "older")).toEqual(imageOf(before, "older"));
  });

  it("of a retired one counts its cooling-off anew when it is retired again", () => {
    const back = promoted(before, "older");
    expect(imageOf(back, "older")).toMatchObject({ state: "current", retiredAtMs: null });
    expect(back.images.filter((i) => i.state === "current")).toHaveLength(1);
  });

  it("has the clouds shown what is current", () => {
    expect(promoted(before, "new").projectAtMs).toBe(NOW);
  });

  it("remembers how long the last ten uploads took, newest last", () => {
    let h = before;
    for (let n = 1; n <= 12; n++) {
      h = recipeState({ ...h, current: null, images: [inventoryImage({ id: "it" })] });
      h = promote(h, "it", NOW, { rules: RULES, uploadSeconds: n }) ?? h;
    }
    expect(h.uploadSeconds).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it("forget an upload that ended before it began, by the clocks of two workers", () => {
    const h = promote(recipeStateWith("candidate"), "it", NOW, {
      rules: RULES,
      uploadSeconds: -58,
    });
    expect(h?.uploadSeconds).toEqual([]);
    expect(recipeStateSchema.safeParse(h).success).toBe(true);
  });
});

describe("writing down what was made", () => {
  it("leaves an image that is known as it is, whatever became of it", () => {
    const known = recipeStateWith("deleting");
    expect(register(known, inventoryImage({ id: "it" }))).toBeNull();
    expect(register(known, inventoryImage({ id: "other" }))?.images).toHaveLength(2);
  });

  it("adds the parts that are new, and says null when none is", () => {
    const h = recipeState({ resources: [resource({ id: "s1", state: "gone" })] });
    expect(addResources(h, [resource({ id: "s1", state: "kept" })])).toBeNull();
    const more = addResources(h, [resource({ id: "s1", state: "kept" }), resource({ id: "s2" })]);
    expect(more?.resources.map((p) => [p.id, p.state])).toEqual([
      ["s1", "gone"],
      ["s2", "deleting"],
    ]);
  });

  it("takes a volume and a snapshot of one id for two things", () => {
    const h = recipeState({ resources: [resource({ id: "same" })] });
    expect(addResources(h, [resource({ id: "same", kind: "volume" })])?.resources).toHaveLength(2);
  });

  it("watches for a create that nobody answered once, not twice", () => {
    const attempts = lateAttempts(run({ unansweredAttempts: [intent()] }), NOW);
    const watching = awaitLateAttempts(recipeState(), attempts) ?? recipeState();
    expect(watching.lateAttempts.map((t) => t.attemptId)).toEqual(["try001"]);
    expect(awaitLateAttempts(watching, attempts)).toBeNull();
  });
});

describe("an image that is gone", () => {
  it("marks for deletion its own kept snapshots and no others", () => {
    const h = recipeState({
      images: [inventoryImage({ id: "it", state: "deleting" })],
      resources: [
        resource({ id: "own", imageId: "it", state: "kept" }),
        resource({ id: "other", imageId: "another", state: "kept" }),
        resource({ id: "temporary", imageId: null, state: "kept" }),
        resource({ id: "done", imageId: "it", state: "gone" }),
      ],
    });
    expect(markGone(h, "it", NOW)?.resources.map((p) => [p.id, p.state])).toEqual([
      ["own", "deleting"],
      ["other", "kept"],
      ["temporary", "kept"],
      ["done", "gone"],
    ]);
  });

  it("is forgotten once the inventory holds more than 200, longest gone first, and only gone ones are", () => {
    const images = [
      inventoryImage({ id: "current", state: "current" }),
      ...Array.from({ length: 199 }, (_, n) => inventoryImage({ id: `gone-${n}`, state: "gone" })),
      inventoryImage({ id: "it", state: "deleting" }),
    ];
    const left = markGone(recipeState({ current: "current", images }), "it", NOW)?.images ?? [];
    expect(left).toHaveLength(200);
    expect(left.map((i) => i.id)).toContain("current");
    expect(left.map((i) => i.id)).not.toContain("gone-0");
    expect(left.at(-1)).toMatchObject({ id: "it", state: "gone" });
  });
});

describe("the temporary resources of a capture", () => {
  const mine = run().id;
  const h = recipeState({
    activeRun: mine,
    resources: [
      resource({ id: "temporary", run: mine, state: "kept" }),
      resource({ id: "content", run: mine, state: "kept", imageId: "image" }),
      resource({ id: "of another run", state: "kept" }),
    ],
  });

  it("are marked for deletion with their run, and its image's snapshots are not", () => {
    const after = markTemporaryForDeletion(h, mine);
    expect(after?.resources.map((p) => p.state)).toEqual(["deleting", "kept", "kept"]);
    expect(markTemporaryForDeletion(after ?? h, mine)).toBeNull();
  });

  it("are remembered as gone while a run works, so that it does not take them up again", () => {
    const deleting = markTemporaryForDeletion(h, mine) ?? h;
    const gone = resourceGone(deleting, "snapshot", "temporary") ?? deleting;
    expect(gone.resources[0]).toMatchObject({ id: "temporary", state: "gone" });
    const between = resourceGone({ ...deleting, activeRun: null }, "snapshot", "temporary");
    expect(between?.resources.map((p) => p.id)).toEqual(["content", "of another run"]);
  });

  it("are not gone as long as they are kept", () => {
    expect(resourceGone(h, "snapshot", "temporary")).toBeNull();
    expect(resourceGone(h, "snapshot", "unknown")).toBeNull();
  });
});

describe("with no run at work", () => {
  const stray = recipeState({
    images: [
      inventoryImage({ id: "late", state: "candidate" }),
      inventoryImage({ id: "current", state: "current" }),
      inventoryImage({ id: "gone", state: "gone" }),
    ],
    resources: [
      resource({ id: "temporary", state: "kept", imageId: null }),
      resource({ id: "of-gone", state: "kept", imageId: "gone" }),
      resource({ id: "of-current", state: "kept", imageId: "current" }),
    ],
  });

  it("nothing is a candidate, nor a part of a capture or of an image that is gone: such are marked for deletion", () => {
    const deleting = markStraysForDeletion(stray, NOW);
    expect(deleting?.images.map((i) => i.state)).toEqual(["deleting", "current", "gone"]);
    expect(deleting?.resources.map((p) => p.state)).toEqual(["deleting", "deleting", "kept"]);
    expect(recipeDueAtMs(stray)).toBe(0);
  });

  it("an inventory without strays is left as it is, and so is one that a run works on", () => {
    expect(markStraysForDeletion(markStraysForDeletion(stray, NOW) ?? stray, NOW)).toBeNull();
    expect(
      markStraysForDeletion({ ...stray, activeRun: "web-20261122-093012-aaaaaa" }, NOW),
    ).toBeNull();
  });
});
