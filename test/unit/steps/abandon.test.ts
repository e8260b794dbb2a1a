import { describe, expect, it } from "vitest";
import { decide } from "../../../shared/steps/abandon.ts";
import type { InventoryImage, RecipeState } from "../../../shared/image/recipe-state.ts";
import { lateTrial } from "../../../shared/run/created-by-run.ts";
import type { Run } from "../../../shared/run/record.ts";
import {
  candidate,
  recipeState,
  inventoryImage,
  MINUTE,
  NOW,
  resource,
  run,
  savedDisk,
  SECOND,
} from "../builders.ts";

type Seen = Parameters<typeof decide>[1];

const failed = run({ step: "abandon", candidate: candidate(), stepSinceMs: NOW - 30 * SECOND });

/** The run has the recipe still. */
function atWork(is: Partial<RecipeState>): RecipeState {
  return recipeState({ activeRun: failed.id, ...is });
}

function seen(state: InventoryImage["state"] | null, is: Partial<Seen> = {}): Seen {
  const images =
    state === null ? [] : [inventoryImage({ id: "image-new", state, replaces: "old" })];
  return {
    recipeState: atWork({ images }),
    restoring: { kind: "done" },
    disk: null,
    orphans: [],
    late: [],
    unfenced: [],
    images: [],
    resources: [],
    pending: [],
    kept: [],
    uploading: false,
    ...is,
  };
}
const observe = (observed: Seen, of: Run = failed) => decide(of, observed, NOW);
const marks = { kind: "act", act: { kind: "mark-for-deletion" } };

describe("a run that is undone", () => {
  it.each(["current", "retired"] as const)(
    "but was promoted all the same goes on forward: its image is %s",
    (state) => {
      expect(
        observe(seen(state, { restoring: { kind: "start", serverId: "server-1" } })),
      ).toMatchObject({
        kind: "advance",
        to: "promote-image",
        set: { promoted: true, failure: null, replacedImageId: "old" },
      });
    },
  );

  it.each(["candidate", null] as const)(
    "has its candidate marked for deletion before anything else: %s",
    (state) => {
      const all = {
        restoring: { kind: "start" as const, serverId: "server-1" },
        orphans: ["s"],
        uploading: true,
      };
      expect(observe(seen(state, all))).toMatchObject(marks);
    },
  );

  it("has its temporary snapshot and volume marked for deletion, known to the inventory or not", () => {
    const capturing = run({ step: "abandon", snapshot: { id: "s", name: "s" } });
    expect(observe(seen(null), capturing)).toMatchObject(marks);
    const kept = atWork({ resources: [resource({ id: "s", run: failed.id, state: "kept" })] });
    expect(observe(seen(null, { recipeState: kept }), capturing)).toMatchObject(marks);
    const deleting = atWork({ resources: [resource({ id: "s", run: failed.id })] });
    expect(observe(seen(null, { recipeState: deleting }), capturing)).toMatchObject({
      kind: "end",
    });
  });

  it("has nothing marked once more when it has released the recipe: gone things are forgotten then", () => {
    const capturing = run({ step: "abandon", snapshot: { id: "s", name: "s" } });
    const released = recipeState({ activeRun: null });
    expect(observe(seen(null, { recipeState: released }), capturing)).toMatchObject({
      kind: "end",
      kept: [],
    });
  });

  it("keeps the reasons of what is left when it has released the recipe", () => {
    const why = "named by image i";
    const resources = [resource({ id: "s", run: failed.id, why })];
    const released = recipeState({ activeRun: "web-of-the-next", resources });
    expect(observe(seen("deleting", { recipeState: released }))).toMatchObject({
      kind: "end",
      kept: [{ id: "s", why }],
    });
  });

  it("uses up the id that it tried out once", () => {
    const [late] = lateTrial(failed, "tried", NOW);
    expect(late).toBeDefined();
    const tried = run({ step: "abandon", triedImageId: "tried" });
    expect(
      observe(seen(null, { unfenced: late === undefined ? [] : [late] }), tried),
    ).toMatchObject({
      kind: "act",
      act: { kind: "fence", tries: [late] },
      set: { triedImageId: null },
    });
  });

  it("starts the server again before it deletes anything", () => {
    const images = [{ kind: "delete" as const, id: "image-new" }];
    expect(
      observe(seen("deleting", { restoring: { kind: "start", serverId: "server-1" }, images })),
    ).toMatchObject({
      kind: "act",
      act: { kind: "start" },
      thenWaitSeconds: 3,
    });
  });

  it("deletes while the server can not be started yet", () => {
    const images = [{ kind: "delete" as const, id: "image-new" }];
    const restoring = { kind: "wait" as const, text: "image_uploading" };
    expect(observe(seen("deleting", { restoring, images }))).toMatchObject({
      kind: "act",
      act: { kind: "remove", images, resources: [] },
      thenWaitSeconds: 10,
    });
  });

  it("does everything else before it tries once more to put the disk back", () => {
    const images = [{ kind: "delete" as const, id: "image-new" }];
    const disk = {
      serverId: "server-1",
      saved: savedDisk(),
      next: { kind: "call" as const, call: "revert" as const, text: "puts it back" },
    };
    const putBack = { kind: "act", act: { kind: "put-back" }, text: "puts it back" };
    const refused = { ...failed, transientFailures: 1 };
    const all = seen("deleting", { images, disk });
    expect(observe(all)).toMatchObject(putBack);
    expect(observe(all, refused)).toMatchObject({ act: { kind: "remove" } });
    expect(observe(seen("gone", { disk }), refused)).toMatchObject(putBack);
  });

  it("goes on at once after what needs no waiting", () => {
    const images = [{ kind: "gone" as const, id: "image-new" }];
    expect(observe(seen("deleting", { images }))).toMatchObject({ thenWaitSeconds: 0 });
  });

  it("writes down what a failed or unanswered create has left", () => {
    expect(observe(seen("gone", { orphans: ["s1"], late: ["double"] }))).toMatchObject({
      kind: "act",
      act: { kind: "mark-orphans", ids: ["s1"] },
      text: "found s1, double, to go as well",
    });
  });

  it.each([
    ["what is being deleted", { pending: ["image-new"] }, "1 being deleted"],
    ["the volume, whose upload goes on", { uploading: true }, "the volume's upload is ending"],
    ["the server", { restoring: { kind: "wait" as const, text: "powering-on" } }, "powering-on"],
    [
      "a server in ERROR",
      { restoring: { kind: "stuck" as const, serverId: "server-1", text: "ERROR" } },
      "ERROR",
    ],
  ])("waits for %s", (_what, is, text) => {
    expect(observe(seen("deleting", is))).toMatchObject({ kind: "wait", seconds: 10, text });
  });

  it("looks less often the longer it takes: from three seconds to two minutes", () => {
    const after = (ms: number) =>
      observe(seen("deleting", { uploading: true }), { ...failed, stepSinceMs: NOW - ms });
    expect(after(0)).toMatchObject({ seconds: 3 });
    expect(after(60 * MINUTE)).toMatchObject({ seconds: 120 });
  });

  it("ends once nothing is left to undo", () => {
    expect(observe(seen("gone"))).toMatchObject({ kind: "end" });
  });

  it("ends at once when it has made nothing and found no source", () => {
    expect(
      observe(seen(null), run({ step: "abandon", source: null, locked: false })),
    ).toMatchObject({
      kind: "end",
    });
  });
});
