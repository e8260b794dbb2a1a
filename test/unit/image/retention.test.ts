import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../local/simulated-cloud/random.ts";
import type { RecipeState, InventoryImage } from "../../../shared/image/recipe-state.ts";
import type { Ctx } from "../../../shared/context.ts";
import { remove } from "../../../shared/image/removal.ts";
import { planRemoval, type RemovalSeen } from "../../../shared/image/removal-plan.ts";
import type { Image } from "../../../shared/cloud-ports.ts";
import { recipeState, HOUR, image, inventoryImage, NOW } from "../builders.ts";

const HERE = { cloud: "mycloud", region: null };
const RULES = { keep: 2, coolingOffMs: HOUR, maxDeletes: 5 };

/** One current image and three retired ones, r1 the oldest; all active, all cooled off. */
function shelf(is: Partial<RecipeState> = {}): RecipeState {
  const retired = [1, 2, 3].map((n) =>
    inventoryImage({ id: `r${n}`, state: "retired", promotedAtMs: NOW - (10 - n) * HOUR }),
  );
  return recipeState({
    current: "current",
    rules: RULES,
    images: [...retired, inventoryImage({ id: "current", state: "current" })],
    ...is,
  });
}

/** Every image of the inventory as active, unless said otherwise. */
function seenOf(of: RecipeState, is: Record<string, Partial<Image> | null> = {}): RemovalSeen {
  const images = of.images.map(({ id }): [string, Image | null] => {
    const said = is[id];
    return [id, said === null ? null : image({ id, ...said })];
  });
  return { images: new Map(images), copies: new Map(), users: new Map(), unread: null };
}

describe("which retired images go", () => {
  it("are the revoked ones alone while no image is current", () => {
    const { images } = shelf();
    const revoked = { by: "anna (cli)", reason: "a key", atMs: NOW - 2 * HOUR };
    const none = shelf({
      current: null,
      images: images.flatMap((i) =>
        i.id === "current" ? [] : [{ ...i, revoked: i.id === "r2" ? revoked : null }],
      ),
    });
    expect(planRemoval(none, seenOf(none), HERE, NOW).ops).toEqual([
      { kind: "mark-for-deletion", id: "r2", reason: "revoked by anna (cli): a key" },
    ]);
    expect(planRemoval(none, seenOf(none), HERE, NOW - 90 * 60_000).ops).toEqual([]);
  });

  it("are those beyond keep, oldest first", () => {
    expect(planRemoval(shelf(), seenOf(shelf()), HERE, NOW)).toEqual({
      ops: [
        { kind: "mark-for-deletion", id: "r1", reason: "older than the 2 images to keep" },
        { kind: "mark-for-deletion", id: "r2", reason: "older than the 2 images to keep" },
      ],
      kept: [],
      pending: [],
    });
  });

  it("are none that cool off still, to the very millisecond", () => {
    const retiredAtMs = NOW - RULES.coolingOffMs;
    const at = (ms: number) =>
      shelf({ images: shelf().images.map((i) => (i.id === "r1" ? { ...i, retiredAtMs: ms } : i)) });
    const marks = (h: RecipeState) => planRemoval(h, seenOf(h), HERE, NOW).ops.map((op) => op.id);
    expect(marks(at(retiredAtMs))).toEqual(["r1", "r2"]);
    expect(marks(at(retiredAtMs + 1))).toEqual(["r2"]);
  });

  it("are none without rules, which come with the first promotion", () => {
    const h = shelf({ rules: null });
    expect(planRemoval(h, seenOf(h), HERE, NOW).ops).toEqual([]);
  });

  it("are none until the clouds have been shown which one is current", () => {
    const showing = (shown: string) => shelf({ shown });
    const waits = planRemoval(showing("r3"), seenOf(shelf()), HERE, NOW);
    expect(waits.ops).toEqual([]);
    expect(waits.kept.map(({ id }) => id)).toEqual(["r2", "r1"]);
    expect(planRemoval(showing("current"), seenOf(shelf()), HERE, NOW).ops).toHaveLength(2);
  });

  it("are only such as this check has seen", () => {
    const h = shelf();
    const seen = seenOf(h);
    const partial = { ...seen, images: new Map([...seen.images].filter(([id]) => id !== "r1")) };
    expect(planRemoval(h, partial, HERE, NOW).ops.map((op) => op.id)).toEqual(["r2"]);
  });

  it("leave keep images that are active now: what others deleted or broke does not count", () => {
    const h = shelf();
    const plan = planRemoval(h, seenOf(h, { r3: null, current: { status: "killed" } }), HERE, NOW);
    expect(plan.ops).toEqual([]);
    expect(plan.kept).toEqual([
      { id: "r1", why: "only 2 images are active, and keep is 2" },
      { id: "r2", why: "only 2 images are active, and keep is 2" },
    ]);
  });

  it("include one that is active no longer, and one that somebody else has deleted", () => {
    const gone = (missingSinceMs: number | null) => {
      const h = shelf();
      const images = h.images.map((i) => (i.id === "r1" ? { ...i, missingSinceMs } : i));
      const seen = seenOf(h, { r1: null, r2: { status: "deactivated" } });
      return planRemoval({ ...h, images }, seen, HERE, NOW);
    };
    const r2 = { kind: "mark-for-deletion", id: "r2", reason: "older than the 2 images to keep" };
    expect(gone(null).ops).toEqual([{ kind: "note-missing", id: "r1" }, r2]);
    expect(gone(NOW - 29_999)).toMatchObject({ ops: [r2], pending: ["r1"] });
    expect(gone(NOW - 30_000).ops).toEqual([
      { kind: "mark-for-deletion", id: "r1", reason: "deleted by somebody else" },
      r2,
    ]);
  });

  it("go even while one that is marked for deletion cannot be deleted", () => {
    const h = shelf();
    const stuck = inventoryImage({ id: "stuck", state: "deleting" });
    const plan = planRemoval(
      { ...h, images: [...h.images, stuck] },
      {
        ...seenOf(h),
        images: new Map([...seenOf(h).images, ["stuck", image({ protected: true })]]),
      },
      HERE,
      NOW,
    );
    expect(plan.ops.map((op) => op.id)).toEqual(["r1", "r2"]);
    expect(plan.kept).toEqual([{ id: "stuck", why: "protected by somebody" }]);
  });

  it("are none where another cloud is looked at, which answers 404 for them", () => {
    const h = shelf();
    const nowhere = { ...seenOf(h), images: new Map(h.images.map(({ id }) => [id, null])) };
    for (const here of [
      { ...HERE, cloud: "another" },
      { ...HERE, region: "another" },
    ]) {
      expect(planRemoval(h, nowhere, here, NOW)).toEqual({ ops: [], kept: [], pending: [] });
    }
    expect(planRemoval(h, nowhere, HERE, NOW).ops).toMatchObject([
      { kind: "note-missing", id: "r1" },
      { kind: "note-missing", id: "r2" },
    ]);
  });

  it("leave a protected one and one in use alone, and say why", () => {
    const h = shelf();
    const seen = {
      ...seenOf(h, { r1: { protected: true } }),
      users: new Map([["r2", ["app-07"]]]),
    };
    expect(planRemoval(h, seen, HERE, NOW)).toEqual({
      ops: [],
      kept: [
        { id: "r1", why: "protected by somebody" },
        { id: "r2", why: "in use by app-07" },
      ],
      pending: [],
    });
  });

  it("are none when they are more than max_deletes: the plan stops and asks", () => {
    const h = shelf({ rules: { ...RULES, maxDeletes: 1 } });
    const why = "2 images would go, and max_deletes is 1. If they are to go, raise it";
    expect(planRemoval(h, seenOf(h), HERE, NOW)).toEqual({
      ops: [],
      kept: [
        { id: "r1", why },
        { id: "r2", why },
      ],
      pending: [],
    });
  });
});

describe("over two thousand made-up inventories", () => {
  const cases = Array.from({ length: 2000 }, (_, seed) => madeUp(seed + 1));

  it("something goes in many of them, so that the rules below are put to the test", () => {
    expect(cases.filter(({ marks }) => marks.length > 0).length).toBeGreaterThan(200);
    expect(cases.filter(({ asks }) => asks).length).toBeGreaterThan(20);
  });

  /** Every image that is to go and should not, over all cases. */
  const wrong = (is: (image: InventoryImage, of: (typeof cases)[number]) => boolean) =>
    cases.flatMap((of) => of.marks.filter((image) => is(image, of)).map(({ id }) => id));

  it("only retired images go, never the current one", () => {
    expect(wrong((i, of) => i.state !== "retired" || i.id === of.current)).toEqual([]);
  });

  it("never a protected one, nor one in use, also when a Glance that lags does not show it", () => {
    expect(wrong((i, { seen }) => seen.images.get(i.id)?.protected === true)).toEqual([]);
    expect(wrong((i, { seen }) => seen.users.has(i.id))).toEqual([]);
  });

  it("never one of another source than the current image's", () => {
    expect(wrong((i) => i.where.sourceId !== "server-1")).toEqual([]);
  });

  it("never one that cools off still", () => {
    expect(wrong((i, { rules }) => (i.retiredAtMs ?? NOW) + rules.coolingOffMs > NOW)).toEqual([]);
  });

  it("never more than max_deletes", () => {
    expect(cases.filter(({ marks, rules }) => marks.length > rules.maxDeletes)).toEqual([]);
  });

  it("never fewer than keep stay active, unless they were fewer before, and then no active one goes", () => {
    const short = cases.filter(({ inventory, marks, seen, rules }) => {
      const active = inventory.images.filter(
        (i) =>
          ["current", "retired"].includes(i.state) &&
          i.where.sourceId === "server-1" &&
          seen.images.get(i.id)?.status === "active",
      );
      const left = active.filter((i) => !marks.includes(i));
      return left.length < Math.min(rules.keep, active.length);
    });
    expect(short).toEqual([]);
  });
});

function madeUp(seed: number) {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const chance = (p: number) => random() < p;
  const rules = { keep: 1 + below(4), coolingOffMs: below(3) * HOUR, maxDeletes: 1 + below(5) };
  const images = Array.from({ length: 1 + below(10) }, (_, n): InventoryImage => {
    const state = chance(0.85) ? "retired" : chance(0.5) ? "gone" : "candidate";
    const made = inventoryImage({
      id: `image-${n}`,
      state,
      promotedAtMs: NOW - below(1000) * HOUR,
    });
    const sourceId = chance(0.15) ? "server-2" : "server-1";
    return { ...made, retiredAtMs: NOW - below(4) * HOUR, where: { ...made.where, sourceId } };
  });
  const current = inventoryImage({ id: "current", state: "current" });
  const inventory = recipeState({ current: current.id, rules, images: [...images, current] });
  const seen = {
    images: new Map(
      inventory.images.map(({ id }): [string, Image | null] => [
        id,
        chance(0.1)
          ? null
          : image({ id, status: chance(0.8) ? "active" : "queued", protected: chance(0.1) }),
      ]),
    ),
    copies: new Map(),
    users: new Map(inventory.images.flatMap(({ id }) => (chance(0.1) ? [[id, ["app-07"]]] : []))),
    unread: null,
  };
  const plan = planRemoval(inventory, seen, HERE, NOW);
  const deleting = plan.ops.flatMap((op) => (op.kind === "mark-for-deletion" ? [op.id] : []));
  return {
    inventory,
    rules,
    seen,
    current: current.id,
    marks: inventory.images.filter((i) => deleting.includes(i.id)),
    asks: plan.kept.some(({ why }) => why.includes("max_deletes")),
  };
}

describe("an image that was to go, after the plan was made,", () => {
  const revoked = { by: "anna (cli)", reason: "a key", atMs: NOW };
  const went = async (change: (of: RecipeState) => RecipeState) => {
    const { ops } = planRemoval(shelf(), seenOf(shelf()), HERE, NOW);
    let state = change(shelf());
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the calls that marks make
    const ctx = {
      now: () => NOW,
      changeRecipeState: async (next: (now: RecipeState) => RecipeState | null) =>
        (state = next(state) ?? state),
    } as unknown as Ctx;
    await remove(ctx, ops);
    return state.images.filter((i) => i.state === "deleting").map(({ id }) => id);
  };
  /** The image before, r3, is current again: then r2 is the one to go back to. */
  const withoutCurrent = (shown: string) => (of: RecipeState) => ({
    ...of,
    current: "r3",
    shown,
    images: of.images.map((i) =>
      i.id === "current"
        ? { ...i, state: "retired" as const, revoked, retiredAtMs: NOW }
        : i.id === "r3"
          ? { ...i, state: "current" as const, currentAgainAtMs: NOW }
          : i,
    ),
  });

  it("goes while nothing has changed", async () => {
    expect(await went((of) => of)).toEqual(["r1", "r2"]);
  });

  it("stays if it counts towards keep now, because the current image was revoked", async () => {
    expect(await went(withoutCurrent("r3"))).toEqual(["r1"]);
  });

  it("stays while the image that is current now is not shown", async () => {
    expect(await went(withoutCurrent("current"))).toEqual([]);
  });

  it("stays if the recipe keeps more images now", async () => {
    expect(await went((of) => ({ ...of, rules: { ...RULES, keep: 3 } }))).toEqual(["r1"]);
  });
});
