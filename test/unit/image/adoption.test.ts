import { describe, expect, it } from "vitest";
import type { Image } from "../../../shared/cloud-ports.ts";
import { refusalOfAdoption, withAdopted } from "../../../shared/image/adoption.ts";
import { stateMarks } from "../../../shared/image/marks.ts";
import { earlierImages } from "../../../shared/image/pointer.ts";
import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import { planRemoval } from "../../../shared/image/removal-plan.ts";
import { beyondKeep } from "../../../shared/image/retention.ts";
import { markOf, whoseElse } from "../../../shared/image/whose.ts";
import { HOUR, image, inventoryImage, NOW, recipeState } from "../builders.ts";

const DAY = 24 * HOUR;
const HERE = { cloud: "mycloud", region: null };
const RULES = { keep: 2, coolingOffMs: DAY, maxDeletes: 5 };
const BY_HAND = image({ id: "hand", createdAtMs: NOW - 10 * DAY });

/** R5 is current, R4 was current before it and has cooled off. */
function line(is: Partial<RecipeState> = {}): RecipeState {
  return recipeState({
    current: "r5",
    rules: RULES,
    images: [
      inventoryImage({
        id: "r4",
        state: "retired",
        promotedAtMs: NOW - 30 * DAY,
        retiredAtMs: NOW - 20 * DAY,
      }),
      inventoryImage({ id: "r5", state: "current", promotedAtMs: NOW - 5 * DAY }),
    ],
    ...is,
  });
}

const adopted = (atMs: number, of = line()) =>
  withAdopted(of, BY_HAND, { by: "anna", reason: null, atMs });

/** The plan for images that are all active, with the owner mark of the line unless said otherwise. */
function plan(of: RecipeState, is: Record<string, Partial<Image>> = {}) {
  const seen = of.images.map((entry): [string, Image] => {
    const properties = { regild_owner: markOf(of, entry) };
    return [entry.id, image({ id: entry.id, properties, ...is[entry.id] })];
  });
  const nothing = { copies: new Map(), users: new Map(), unread: null };
  return planRemoval(of, { images: new Map(seen), ...nothing }, HERE, NOW);
}
const goes = (...of: Parameters<typeof plan>) => plan(...of).ops.map(({ kind, id }) => [kind, id]);
const kept = (...of: Parameters<typeof plan>) => plan(...of).kept;

describe("an adopted image that was never current", () => {
  it("pushes no image out that was", () => {
    expect(goes(adopted(NOW))).toEqual([]);
    expect(beyondKeep(adopted(NOW), 2).map(({ id }) => id)).toEqual(["hand"]);
    expect(goes(adopted(NOW - DAY))).toEqual([["mark-for-deletion", "hand"]]);
  });

  it("does not stand in for an image that was current", () => {
    const third = inventoryImage({
      id: "r3",
      state: "retired",
      promotedAtMs: NOW - 40 * DAY,
      retiredAtMs: NOW - 30 * DAY,
    });
    const of = adopted(NOW, line({ images: [third, ...line().images] }));
    expect(goes(of)).toEqual([["mark-for-deletion", "r3"]]);
    expect(goes(of, { r4: { status: "deactivated" } })).toEqual([]);
  });

  it("stays while a place is free, and counts as the others do once it was current", () => {
    expect(goes(adopted(NOW - DAY, line({ rules: { ...RULES, keep: 3 } })))).toEqual([]);
    const of = adopted(NOW - DAY);
    const images = of.images.map((one) =>
      one.id === "hand" ? { ...one, currentAgainAtMs: NOW - 6 * DAY } : one,
    );
    expect(goes({ ...of, images })).toEqual([["mark-for-deletion", "r4"]]);
  });

  it("is no image that anything goes back to by itself", () => {
    const ids = (of: RecipeState) => earlierImages(of).map(({ id }) => id);
    expect(ids(adopted(NOW))).toEqual(["r4"]);
    const images = adopted(NOW).images.map((one) => ({ ...one, currentAgainAtMs: NOW - 6 * DAY }));
    expect(ids({ ...adopted(NOW), images })).toEqual(["hand", "r4"]);
  });
});

describe("an image of somebody else", () => {
  const other = { id: "hand", run: "db-20261119-093012-adopti", attemptId: "adopti" };
  const marks: Array<[string, Partial<Image>]> = [
    ["has another recipe's mark", { properties: { regild_owner: markOf(line(), other) } }],
    [
      "has another Regild's mark",
      { properties: { regild_owner: `home99home99/web-20261119-093012-adopti/adopti/hand` } },
    ],
    ["has no mark yet", { properties: {} }],
    ["is another recipe's current one", { tags: ["regild-current-db"] }],
  ];

  it.each(marks)("is neither marked for deletion nor deleted: it %s", (_, is) => {
    const of = adopted(NOW - DAY);
    expect(goes(of)).toEqual([["mark-for-deletion", "hand"]]);
    expect(goes(of, { hand: is })).toEqual([]);
    expect(kept(of, { hand: is })).toHaveLength(1);
    const images = of.images.map((one) =>
      one.id === "hand" ? { ...one, state: "deleting" as const, deletingSinceMs: NOW } : one,
    );
    expect(goes({ ...of, images })).toEqual([["delete", "hand"]]);
    expect(goes({ ...of, images }, { hand: is })).toEqual([]);
  });

  it.each([marks[0], marks[1], marks[3]].filter((one) => one !== undefined))(
    "is not deleted either if a run has made it: it %s",
    (_, { properties, tags }) => {
      const of = line({ rules: { ...RULES, keep: 1 } });
      const owner = properties?.["regild_owner"]?.replace(/hand$/, "r4");
      const is = { r4: { tags: tags ?? [], properties: owner ? { regild_owner: owner } : {} } };
      expect(goes(of)).toEqual([["mark-for-deletion", "r4"]]);
      expect(goes(of, is)).toEqual([]);
    },
  );
});

describe("what can be adopted", () => {
  const refused = (is: Partial<Image>, users: string[] = []) =>
    refusalOfAdoption(line(), { image: { ...BY_HAND, ...is }, recipe: null, users });

  it("is nothing with a tag or mark of Regild, and nothing in use", () => {
    expect(refused({})).toBeNull();
    const tags = ["candidate", "retired", "pinned", "revoked", "current-db", "current-web"];
    for (const tag of tags)
      expect(refused({ tags: [`regild-${tag}`] })).toContain(`has the tag regild-${tag}`);
    expect(refused({}, ["server app-1"])).toContain("is in use by server app-1");
    expect(refused({ tags: ["regild-versions", "golden"] })).toBeNull();
  });

  it("is never what another line shows as its own from the adoption on", () => {
    const entry = adopted(NOW).images.find(({ id }) => id === "hand");
    if (entry === undefined) throw new Error("not adopted");
    const { properties } = stateMarks(adopted(NOW), entry).change;
    const shown = { ...BY_HAND, properties: { regild_owner: `${properties?.["regild_owner"]}` } };
    const as = (is: Partial<RecipeState>) =>
      refusalOfAdoption(line(is), { image: shown, recipe: null, users: [] });
    expect(as({ recipeName: "db" })).toContain("was taken into a recipe's line");
    expect(as({ installationId: "home99home99" })).toContain("installation home01home02");
    expect(whoseElse(line({ recipeName: "db" }), { run: "db-1" }, shown)).not.toBeNull();
  });

  it("is what this recipe had begun to adopt and let go of", () => {
    const entry = adopted(NOW).images.find(({ id }) => id === "hand");
    const regild_owner = markOf(line(), entry ?? { id: "", run: "", attemptId: "" });
    expect(refused({ properties: { regild_owner }, tags: ["regild-retired"] })).toBeNull();
    expect(refused({ properties: { regild_owner }, tags: ["regild-pinned"] })).not.toBeNull();
  });
});
