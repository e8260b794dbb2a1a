import { describe, expect, it } from "vitest";
import { handler as cleanUpSnapshots } from "../../functions/clean-up-snapshots/handler.ts";
import type { Hostile } from "../../local/simulated-cloud/hostile.ts";
import { viewRecipe } from "../../local/view/status.ts";
import { viewRunReport } from "../../local/view/run-report.ts";
import { recipeStateKey, recipeStateSchema } from "../../shared/image/recipe-state.ts";
import { reconcileRecipe } from "../../shared/protocol/reconcile-recipe.ts";
import { load } from "../../shared/protocol/actor.ts";
import {
  HOUR,
  recipeState,
  inventoryImage,
  MINUTE,
  resource,
  recipe,
  run,
} from "../unit/builders.ts";
import { sqsSample } from "./installation.ts";
import { stage } from "./stage.ts";

const NOT_OVERDUE = { overdue: null, overdueAtMs: null };

const CALM: Hostile = {
  records: {},
  endless: [],
  circle: null,
  pageSeconds: 0,
  wrongIds: false,
  reasonCharacters: 0,
};
const stranger = (fields: object) => ({ id: "f00d", owner: "rival", status: "active", ...fields });
const OLD_RUN = "web-20261101-093012-aaaaaa";

/** A run whose image is current, and that has to delete the snapshot of an image that an earlier run had made. */
function cleaning(hostile: Hostile) {
  const { on, web, image, made } = stage();
  const { operator, world, settings } = on.cloud;
  const volume = operator.addVolume({ name: "web-root" });
  const snapshot = {
    id: world.newId(),
    name: "snapshot for web-old",
    description: "",
    projectId: on.cloud.demo.project.id,
    userId: on.cloud.demo.user.id,
    volumeId: volume.id,
    status: "available",
    sizeGib: 1,
    metadata: {},
    createdAtMs: world.nowMs,
    updatedAtMs: world.nowMs,
  };
  world.snapshots.set(snapshot.id, snapshot);
  settings.hostile = hostile;
  const place = { ...resource({ id: "x" }).where, cloud: "mycloud", region: null };
  on.putRecipeState(
    recipeState({
      activeRun: run().id,
      seq: 7,
      current: image.id,
      shown: image.id,
      images: [inventoryImage({ id: image.id, run: run().id, state: "current", where: place })],
      resources: [resource({ id: snapshot.id, run: OLD_RUN, imageId: "old", where: place })],
    }),
  );
  const promoted = { candidate: made, promoted: true, imageName: image.name };
  const step = { step: "clean-up-snapshots" as const, stepSinceMs: on.nowMs };
  on.putRun(web({ ...promoted, ...step, deadlineAtMs: on.nowMs + 6 * HOUR }), 17);
  const clean = () => on.call(cleanUpSnapshots, sqsSample("clean-up-snapshots/run"));
  return { on, snapshotId: snapshot.id, clean };
}

const UNREADABLE: Array<[string, Hostile, string]> = [
  ...["half[", '{"a": 1}', 7].map((mapping): [string, Hostile, string] => [
    `an image whose mapping is ${mapping}`,
    { ...CALM, records: { images: [stranger({ block_device_mapping: mapping })] } },
    "image f00d of project rival may need it: its block_device_mapping cannot be read",
  ]),
  [
    "an entry that is no image",
    { ...CALM, records: { images: [null] } },
    "image without an id of an unknown project may need it: its record cannot be read",
  ],
  [
    "a volume whose snapshot_id is a number",
    { ...CALM, records: { volumes: [{ id: "beef", snapshot_id: 5 }] } },
    "volume beef may need it: its snapshot_id cannot be read",
  ],
  ["a list of images in a circle", { ...CALM, endless: ["images"], circle: 3 }, "listImages"],
  ["a list of volumes in a circle", { ...CALM, endless: ["volumes"], circle: 2 }, "listVolumes"],
  ["a list of images without an end", { ...CALM, endless: ["images"] }, "2000 pages"],
];

describe("what cannot be read", () => {
  it.each(UNREADABLE)("keeps the snapshot, and is told: %s", async (_name, hostile, why) => {
    const { on, snapshotId, clean } = cleaning(hostile);
    await clean();
    const after = await on.run(run().id);
    expect(after.outcome).toBe("succeeded");
    expect(on.cloud.world.snapshots.has(snapshotId)).toBe(true);
    const told = after.timeline.at(-1)?.text ?? "";
    expect(told).toContain(`nothing deleted; left: snapshot ${snapshotId} still has to be deleted`);
    expect(told).toContain(why);
    const inventory = await on.recipeState("web");
    const report = viewRunReport(
      { run: after, cancelAtMs: null, recipeState: inventory, sources: [] },
      on.nowMs,
    );
    expect(report.left).toMatchObject([{ id: snapshotId, why: expect.stringContaining(why) }]);
    const lastRun = { run: after, cancelAtMs: null };
    const status = viewRecipe(
      { recipe: recipe(), recipeState: inventory, assessed: NOT_OVERDUE, lastRun },
      on.nowMs,
    );
    expect(status.not_deleted).toMatchObject([{ kind: "snapshot", id: snapshotId }]);
    expect(status.needs_you).toBe(true);
  });

  it.each(UNREADABLE)("that has gone lets the snapshot go: %s", async (_name, hostile) => {
    const { on, snapshotId, clean } = cleaning(hostile);
    await clean();
    on.cloud.settings.hostile = null;
    for (let observe = 0; observe < 3; observe++) {
      on.nowMs += 2 * HOUR;
      const actor = await load(on.store, recipeStateKey("web"), recipeStateSchema);
      if (actor !== null) await reconcileRecipe(on.backend, actor);
    }
    on.cloud.settle();
    expect(on.cloud.world.snapshots.has(snapshotId)).toBe(false);
    const status = viewRecipe(
      {
        recipe: recipe(),
        recipeState: await on.recipeState("web"),
        assessed: NOT_OVERDUE,
        lastRun: null,
      },
      on.nowMs,
    );
    expect(status.not_deleted).toEqual([]);
  });
});

describe("what only looks odd", () => {
  it.each([
    { images: [stranger({ os_hidden: "True", min_disk: null, tags: null })] },
    { images: [stranger({ status: 1, size: -1, created_at: {}, name: null })] },
    { volumes: [{ id: "beef", metadata: null, size: "x", status: null }] },
  ])("keeps nothing: %j", async (records) => {
    const { on, clean } = cleaning({ ...CALM, records });
    await clean();
    expect(on.requestsTo(/^DELETE .*\/snapshots\//)).toHaveLength(1);
  });
});

describe("a cloud that fails after the new image is current", () => {
  it.each([
    ["a page of the list is missing", { operation: "image.list" }],
    ["the snapshot cannot be looked at", { operation: "volume.showSnapshot" }],
    ["no volume can be listed", { operation: "volume.listVolumes" }],
  ])("holds the run for ten minutes, and the rest is told: %s", async (_name, on_) => {
    const { on, snapshotId, clean } = cleaning(CALM);
    on.cloud.faults.add({ on: { ...on_, times: 1000 }, effect: { kind: "status", status: 503 } });
    await clean();
    expect((await on.run(run().id)).outcome).toBeNull();
    on.nowMs += 11 * MINUTE;
    on.putRun({ ...(await on.run(run().id)), reconcileAtMs: on.nowMs }, 17);
    await clean();
    const after = await on.run(run().id);
    expect(after.outcome).toBe("succeeded");
    expect(after.timeline.at(-1)?.text).toContain("clean-up-snapshots was given up: ");
    expect(after.leftovers[0]).toContain(`snapshot ${snapshotId} still has to be deleted: `);
  });
});

it("a run that is out of time says what is left, and never that all is well", async () => {
  const { on, snapshotId, clean } = cleaning(CALM);
  on.cloud.faults.add({
    on: { operation: "image.list", times: 1000 },
    effect: { kind: "silence", executed: false },
  });
  on.nowMs += 7 * HOUR;
  await clean();
  const after = await on.run(run().id);
  expect(after.outcome).toBe("succeeded");
  expect(after.timeline.at(-1)?.text).toContain(`out of time; left: snapshot ${snapshotId}`);
});
