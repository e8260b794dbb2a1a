import { describe, expect, it } from "vitest";
import { eventSchema, type RegildEvent } from "../../../shared/events/event.ts";
import { type Change, eventsOf } from "../../../shared/events/events-of.ts";
import {
  type RecipeState,
  recipeStateKey,
  type InventoryImage,
} from "../../../shared/image/recipe-state.ts";
import { markForDeletion, markGone, register } from "../../../shared/image/inventory.ts";
import { promote } from "../../../shared/image/promotion.ts";
import type { Item, Key } from "../../../shared/ports.ts";
import { type Failure, type Run } from "../../../shared/run/record.ts";
import { runKey } from "../../../shared/run/run-id.ts";
import { candidate, recipeState, inventoryImage, NOW, recipe, run } from "../builders.ts";

const VERSION = 7;

function item(key: Key, doc: object, version: number, is: Partial<Item> = {}): Item {
  const attributes = { sweepAtMs: null, cancelAtMs: null, day: null, expiresAtMs: null };
  return { key, version, writeId: `w${version}`, ...attributes, doc: JSON.stringify(doc), ...is };
}

const runItem = (is: Partial<Run>, version = VERSION) => item(runKey(run().id), run(is), version);
const recipeStateItem = (doc: RecipeState, version = VERSION) =>
  item(recipeStateKey("web"), doc, version);

/** Told as it must be: whatever comes out is by the schema. */
function told(before: Item | null, after: Item | null): RegildEvent[] {
  const events = eventsOf({ before, after, writtenAtMs: NOW });
  return events.map((event) => eventSchema.parse(event));
}
const ofRun = (before: Partial<Run> | null, after: Partial<Run>) =>
  told(before === null ? null : runItem(before, VERSION - 1), runItem(after));
const ofRecipeState = (before: RecipeState | null, after: RecipeState) =>
  told(before === null ? null : recipeStateItem(before, VERSION - 1), recipeStateItem(after));
const typesOf = (events: RegildEvent[]) => events.map(({ type }) => type);

const ended = { endedAtMs: NOW, step: "abandon" } as const;
const failure: Failure = {
  code: "quota-exceeded",
  message: "Quota exceeded for images: 10 of 10",
  remedy: "Delete what is not needed",
  step: "create-image",
  atMs: NOW,
  evidence: [],
};

describe("a run", () => {
  const common = {
    schema: "regild/v1",
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    version: VERSION,
    at: "2026-11-23T09:30:12.000Z",
    recipe: "web",
    run: "web-20261123-093012-k3f9q2",
    cloud: "mycloud",
    region_name: null,
  };
  const nothing = { outcome: null, image: null, failure: null, joined_run: null };

  it("that is born has started", () => {
    expect(ofRun(null, {})).toEqual([{ type: "Run Started", detail: { ...common, ...nothing } }]);
  });

  it("that succeeds has an image, under the name it bears now", () => {
    const made = { candidate: candidate(), imageName: "web-20261123", promoted: true };
    const after = { ...made, ...ended, outcome: "succeeded" as const };
    const image = { id: "image-new", name: "web-20261123" };
    expect(ofRun(made, after)).toEqual([
      { type: "Run Succeeded", detail: { ...common, ...nothing, outcome: "succeeded", image } },
    ]);
  });

  it("that fails says why, and of what it made nothing: that is deleted", () => {
    const after = { ...ended, outcome: "failed" as const, failure, candidate: candidate() };
    const why = { code: failure.code, message: failure.message, step: "create-image" };
    expect(ofRun({ failure, candidate: candidate() }, after)).toEqual([
      { type: "Run Failed", detail: { ...common, ...nothing, outcome: "failed", failure: why } },
    ]);
  });

  it("that has timed out has failed, with that code", () => {
    const late = { ...failure, code: "deadline-passed", message: "Not done within the deadline" };
    const [event] = ofRun({ failure: late }, { ...ended, outcome: "failed", failure: late });
    expect(event).toMatchObject({
      type: "Run Failed",
      detail: { failure: { code: "deadline-passed" } },
    });
  });

  it("that is cancelled", () => {
    const cancelled = { ...failure, code: "cancelled", message: "Cancelled in check-status" };
    const after = { ...ended, outcome: "cancelled" as const, failure: cancelled };
    expect(ofRun({ failure: cancelled }, after)).toMatchObject([
      { type: "Run Cancelled", detail: { outcome: "cancelled", failure: { code: "cancelled" } } },
    ]);
  });

  it("that joins names the run that it joined", () => {
    const joinedRunId = "web-20261123-092959-aaaaaa";
    const after = { ...ended, outcome: "joined" as const, joinedRunId };
    expect(ofRun({}, after)).toMatchObject([
      { type: "Run Joined", detail: { outcome: "joined", joined_run: joinedRunId } },
    ]);
  });

  it("that succeeded although something went wrong on the way has no failure", () => {
    const after = { ...ended, outcome: "succeeded" as const, failure, candidate: candidate() };
    expect(ofRun({ failure }, after)).toMatchObject([{ detail: { failure: null } }]);
  });

  it.each<[string, Partial<Run>, Partial<Run>]>([
    ["goes on to its next step", {}, { step: "check-status" }],
    ["fails, and is still to be undone", {}, { step: "abandon", failure }],
    ["has ended before", { ...ended, outcome: "failed" }, { ...ended, outcome: "failed" }],
  ])("tells nothing when it %s", (_, before, after) => {
    expect(ofRun(before, after)).toEqual([]);
  });

  it("that is born and ends in one write tells both, under two ids", () => {
    const events = ofRun(null, { ...ended, outcome: "joined" });
    expect(typesOf(events)).toEqual(["Run Started", "Run Joined"]);
    expect(new Set(events.map(({ detail }) => detail.id)).size).toBe(2);
  });

  it("of a region is told with it", () => {
    const events = ofRun(null, { recipe: recipe({ region: "RegionTwo", cloud: "other" }) });
    expect(events).toMatchObject([{ detail: { cloud: "other", region_name: "RegionTwo" } }]);
  });

  it("whose message is long is told in short", () => {
    const long = { ...failure, message: "x".repeat(100_000) };
    const [event] = ofRun({}, { ...ended, outcome: "failed", failure: long });
    expect(JSON.stringify(event).length).toBeLessThan(2000);
  });

  it("tells nothing that only its copy of the recipe knows", () => {
    const image = { ...recipe().image, properties: { api_key: "s3cret" } };
    const after = { ...ended, outcome: "failed" as const, failure, recipe: recipe({ image }) };
    expect(JSON.stringify(ofRun(null, after))).not.toMatch(/s3cret|project-1|anna/);
  });
});

/** What the inventory's own rules make of a recipe state. */
function changed(
  from: RecipeState,
  change: (recipeState: RecipeState) => RecipeState | null,
): RecipeState {
  const after = change(from);
  if (after === null) throw new Error("the inventory does not allow that");
  return after;
}
const rules = { rules: null, uploadSeconds: null };

describe("a recipe's state", () => {
  const current = inventoryImage({ id: "image-1", state: "current" });
  const retired = inventoryImage({ id: "image-0", state: "retired" });
  const fresh = inventoryImage({ id: "image-2", state: "candidate", run: run().id });
  const before = recipeState({ current: "image-1", images: [retired, current, fresh] });

  it("whose candidate becomes current tells so, and what it replaces", () => {
    const after = changed(before, (h) => promote(h, "image-2", NOW, rules));
    expect(ofRecipeState(before, after)).toEqual([
      {
        type: "Image Promoted",
        detail: {
          schema: "regild/v1",
          id: expect.stringMatching(/^[0-9a-f]{32}$/),
          version: VERSION,
          at: "2026-11-23T09:30:12.000Z",
          recipe: "web",
          run: run().id,
          cloud: "mycloud",
          region_name: null,
          image: { id: "image-2", name: "web-image-2" },
          replaces: "image-1",
          rollback: false,
        },
      },
    ]);
  });

  it("whose first image becomes current replaces none", () => {
    const empty = recipeState({ images: [fresh] });
    const after = changed(empty, (h) => promote(h, "image-2", NOW, rules));
    expect(ofRecipeState(empty, after)).toMatchObject([
      { detail: { replaces: null, rollback: false } },
    ]);
  });

  it("that goes back to a retired image tells of it as of a promotion, and that it is one back", () => {
    const after = changed(before, (h) => promote(h, "image-0", NOW, rules));
    expect(ofRecipeState(before, after)).toMatchObject([
      {
        type: "Image Promoted",
        detail: { image: { id: "image-0" }, replaces: "image-1", rollback: true },
      },
    ]);
  });

  it.each<[string, boolean, InventoryImage]>([
    ["a retired image", true, retired],
    ["a failed run's image", false, fresh],
  ])("whose %s is gone tells so", (_, wasCurrent, image) => {
    const deleting = changed(before, (h) => markForDeletion(h, image.id, "beyond keep", NOW));
    const toBeDeleted = { type: "Image To Be Deleted", detail: { image: { id: image.id } } };
    expect(ofRecipeState(before, deleting)).toMatchObject(wasCurrent ? [toBeDeleted] : []);
    const after = changed(deleting, (h) => markGone(h, image.id, NOW));
    expect(ofRecipeState(deleting, after)).toMatchObject([
      {
        type: "Image Deleted",
        detail: { image: { id: image.id }, was_current: wasCurrent, reason: "beyond keep" },
      },
    ]);
  });

  describe("that keeps an image no longer", () => {
    const HOUR_MS = 3_600_000;
    const kept = { keep: 2, coolingOffMs: HOUR_MS, maxDeletes: 5 };
    const images = [
      { ...retired, promotedAtMs: NOW - 2 * HOUR_MS, retiredAtMs: NOW },
      { ...current, promotedAtMs: NOW - HOUR_MS },
      fresh,
    ];
    const of = { ...before, images, rules: kept };
    const told = (event: RegildEvent[]) =>
      event.map(({ type, detail }) => [type, "image" in detail ? detail.image?.id : null]);
    const promoted = changed(of, (h) =>
      promote(h, "image-2", NOW, { rules: kept, uploadSeconds: null }),
    );

    it("tells so once, before the delete, and from when on it may happen", () => {
      expect(told(ofRecipeState(of, promoted))).toEqual([
        ["Image Promoted", "image-2"],
        ["Image To Be Deleted", "image-0"],
      ]);
      expect(ofRecipeState(of, promoted).at(-1)).toMatchObject({
        detail: {
          run: retired.run,
          deleted_after: new Date(NOW + HOUR_MS).toISOString(),
        },
      });
      const marked = changed(promoted, (h) => markForDeletion(h, "image-0", "beyond keep", NOW));
      expect(ofRecipeState(promoted, marked)).toEqual([]);
      const gone = changed(marked, (h) => markGone(h, "image-0", NOW));
      expect(told(ofRecipeState(marked, gone))).toEqual([["Image Deleted", "image-0"]]);
    });

    it("tells nothing of a pinned image, and of a larger keep", () => {
      const pinned = { by: "anna", reason: "release", atMs: NOW };
      const withPin = {
        ...of,
        images: of.images.map((one) => (one.id === "image-0" ? { ...one, pinned } : one)),
      };
      const after = changed(withPin, (h) =>
        promote(h, "image-2", NOW, { rules: kept, uploadSeconds: null }),
      );
      expect(told(ofRecipeState(withPin, after))).toEqual([["Image Promoted", "image-2"]]);
      const more = { ...promoted, rules: { ...kept, keep: 5 } };
      expect(ofRecipeState(promoted, more)).toEqual([]);
      expect(told(ofRecipeState(more, promoted))).toEqual([["Image To Be Deleted", "image-0"]]);
    });
  });

  describe("whose current image", () => {
    const withFault = (status: string | null, isConfirmed = true) => {
      const fault = status === null ? null : { status, why: null, sinceMs: NOW, isConfirmed };
      return changed(before, (h) => ({
        ...h,
        currentCheck: { imageId: "image-1", dueAtMs: NOW, goodAtMs: null, fault },
      }));
    };
    const unusable = (status: string) => [
      {
        type: "Current Image Unusable",
        detail: {
          image: { id: "image-1" },
          run: current.run,
          status,
          noticed_at: "2026-11-23T09:30:12.000Z",
        },
      },
    ];

    it("was deleted or deactivated tells so once it is confirmed", () => {
      expect(ofRecipeState(before, withFault("deleted", false))).toEqual([]);
      expect(ofRecipeState(withFault("deleted", false), withFault("deleted"))).toMatchObject(
        unusable("deleted"),
      );
      expect(ofRecipeState(withFault("deactivated"), withFault("deleted"))).toMatchObject(
        unusable("deleted"),
      );
      expect(ofRecipeState(withFault("deleted"), withFault("deleted"))).toEqual([]);
    });

    it("is active again tells so", () => {
      expect(ofRecipeState(withFault("deactivated"), withFault(null))).toMatchObject([
        { type: "Current Image Usable Again", detail: { status: null, noticed_at: null } },
      ]);
    });

    it("was replaced tells of the promotion alone", () => {
      const after = changed(withFault("deleted"), (h) => promote(h, "image-2", NOW, rules));
      expect(typesOf(ofRecipeState(withFault("deleted"), after))).toEqual(["Image Promoted"]);
    });
  });

  it("tells every change of one write, each under an id of its own", () => {
    const deleting = { ...retired, state: "deleting" as const };
    const from = recipeState({
      current: "image-1",
      images: [deleting, { ...deleting, id: "image-00" }, current, fresh],
    });
    const promoted = changed(from, (h) => promote(h, "image-2", NOW, rules));
    const once = changed(promoted, (h) => markGone(h, "image-0", NOW));
    const events = ofRecipeState(
      from,
      changed(once, (h) => markGone(h, "image-00", NOW)),
    );
    expect(typesOf(events)).toEqual(["Image Promoted", "Image Deleted", "Image Deleted"]);
    expect(new Set(events.map(({ detail }) => detail.id)).size).toBe(3);
  });

  it("that is so long that it forgets an image as it finds it gone tells of it all the same", () => {
    const many = Array.from({ length: 200 }, (_, at) =>
      inventoryImage({ id: `kept-${at}`, state: "retired" }),
    );
    const deleting = inventoryImage({ id: "image-9", state: "deleting" });
    const from = recipeState({ current: "image-1", images: [...many, current, deleting] });
    const after = changed(from, (h) => markGone(h, "image-9", NOW));
    expect(after.images.map(({ id }) => id)).not.toContain("image-9");
    expect(ofRecipeState(from, after)).toMatchObject([{ detail: { image: { id: "image-9" } } }]);
  });

  it("that forgets an image long gone tells nothing", () => {
    const gone = inventoryImage({ id: "image-9", state: "gone" });
    const from = recipeState({ current: "image-1", images: [gone, current] });
    expect(ofRecipeState(from, recipeState({ current: "image-1", images: [current] }))).toEqual([]);
  });

  it("tells nothing of a candidate, of who works for it, or of its first writing", () => {
    const active = { ...before, activeRun: run().id };
    const more = inventoryImage({ id: "image-3" });
    expect(ofRecipeState(before, active)).toEqual([]);
    expect(
      ofRecipeState(
        active,
        changed(active, (h) => register(h, more)),
      ),
    ).toEqual([]);
    expect(ofRecipeState(null, recipeState({ activeRun: run().id }))).toEqual([]);
  });

  it("that names an image it does not list cannot be told", () => {
    expect(() => ofRecipeState(before, { ...before, current: "image-9" })).toThrow("does not list");
  });
});

describe("nothing is told of", () => {
  it.each<[string, Change["before"], Change["after"]]>([
    ["a mark, which is no new version", runItem({}), { ...runItem({}), cancelAtMs: NOW }],
    ["a record that has expired", runItem({}), null],
    ["a source's lock", null, item({ pk: "S#server-1", sk: "lock" }, {}, 1)],
    ["a trigger", null, item({ pk: "T#0f", sk: "t" }, {}, 1)],
    ["what went wrong beside a run", null, item({ pk: "R#web", sk: "trouble#run#1" }, {}, 1)],
    ["a dead letter", null, item({ pk: "K#dead-letters", sk: "letter#run#1" }, {}, 1)],
  ])("%s", (_, before, after) => {
    expect(told(before, after)).toEqual([]);
  });
});

describe("an event's id", () => {
  const idsOf = (after: Item) => told(null, after).map(({ detail }) => detail.id);
  const born = runItem({}, 1);

  it("is the same at a repetition", () => {
    expect(idsOf(structuredClone(born))).toEqual(idsOf(born));
  });

  it.each<[string, Item]>([
    ["another run's", { ...born, key: { ...born.key, sk: "run#20261123-093013-k3f9q2" } }],
    ["another recipe's", { ...born, key: { ...born.key, pk: "R#db" } }],
    ["the same version's, written anew in a restored table", { ...born, writeId: "other" }],
  ])("is not %s", (_, other) => {
    expect(idsOf(other)).not.toEqual(idsOf(born));
  });
});

describe("a record that cannot be read", () => {
  it.each([
    ["no JSON", "{", "JSON"],
    ["of another version of Regild", JSON.stringify({ ...run(), schema: 3 }), "expected 2"],
  ])("is an error: %s", (_, doc, problem) => {
    const after = { ...runItem({}), doc };
    expect(() => eventsOf({ before: null, after, writtenAtMs: NOW })).toThrow(problem);
  });

  it("is no news each time it is marked", () => {
    const unreadable = { ...runItem({}), doc: "{" };
    expect(told(unreadable, { ...unreadable, sweepAtMs: NOW })).toEqual([]);
  });
});
