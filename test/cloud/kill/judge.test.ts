import { expect, it } from "vitest";
import {
  candidate,
  recipeState,
  inventoryImage,
  NOW,
  resource,
  recipe,
  run,
  sourceItem,
} from "../../unit/builders.ts";
import type { ImageThing } from "../support.ts";
import type { Evidence } from "./evidence.ts";
import { judgeCloud } from "./judge-cloud.ts";
import { judgeRuns } from "./judge-runs.ts";

/** A judge who finds nothing whatever happens would let every double and left-over pass. */

const RUN = "web-20261123-093012-k3f9q2";
const SERVER = { id: "server-1", name: "web", status: "ACTIVE" };
const BASE = image({ id: "base", name: "lab-base", tags: [] });
const CURRENT = image({ block_device_mapping: JSON.stringify([{ snapshot_id: "snapshot-1" }]) });
const RETIRED = image({
  id: "image-old",
  name: "web-20261122-093012-aaaaaa-t00000",
  os_hidden: true,
  tags: ["regild-retired"],
  regild_owner: "home/web-20261122-093012-aaaaaa/t00000/image-old",
});
const SNAPSHOT = { id: "snapshot-1", name: `snapshot for ${CURRENT.name}`, status: "available" };
function image(is: Partial<ImageThing>): ImageThing {
  return {
    id: "image-new",
    name: `${RUN}-t00001`,
    status: "active",
    os_hidden: false,
    visibility: "private",
    protected: false,
    size: 0,
    tags: ["regild-current-web"],
    region: "az1",
    regild_owner: `home/${RUN}/t00001/image-new`,
    ...is,
  };
}

const INVENTORY = recipeState({
  current: "image-new",
  images: [
    inventoryImage({ id: "image-new", run: RUN, state: "current" }),
    inventoryImage({ id: "image-old", run: "web-20261122-093012-aaaaaa", state: "retired" }),
  ],
  resources: [resource({ id: "snapshot-1", imageId: "image-new", state: "kept" })],
});
const SUCCEEDED = run({ id: RUN, outcome: "succeeded", endedAtMs: NOW, candidate: candidate() });

const NOTHING_WRONG: Evidence = {
  recipes: new Map([["web", recipe({ keep: 2 })]]),
  before: { servers: [SERVER], volumes: [], snapshots: [], images: [BASE] },
  after: {
    servers: [SERVER],
    volumes: [],
    snapshots: [SNAPSHOT],
    images: [BASE, CURRENT, RETIRED],
  },
  births: [{ kind: "image", id: "image-new", runId: RUN, atMs: NOW - 1 }],
  records: { runs: [SUCCEEDED], recipeStates: [INVENTORY], sources: [sourceItem()] },
  delivered: [{ recipe: "web", runIds: [RUN, RUN] }],
};

const judge = (evidence: Evidence): string[] => [...judgeCloud(evidence), ...judgeRuns(evidence)];

it("nothing is found where nothing is wrong", () => {
  expect(judge(NOTHING_WRONG)).toEqual([]);
});

const { after, records } = NOTHING_WRONG;
const inCloud = (is: Partial<Evidence["after"]>): Partial<Evidence> => ({
  after: { ...after, ...is },
});
const recorded = (is: Partial<Evidence["records"]>): Partial<Evidence> => ({
  records: { ...records, ...is },
});
const inInventory = (is: Partial<typeof INVENTORY>): Partial<Evidence> =>
  recorded({ recipeStates: [{ ...INVENTORY, ...is }] });
const ended = (is: Partial<typeof SUCCEEDED>): Partial<Evidence> =>
  recorded({ runs: [{ ...SUCCEEDED, ...is }] });

const DOUBLE = image({
  id: "image-2",
  name: `${RUN}-t00002`,
  regild_owner: `home/${RUN}/t2/image-2`,
});
const TEMPORARY = { id: "volume-1", name: "regild-web-t00001", status: "available" };
const failure = (code: string) => ({
  code,
  message: "m",
  remedy: "r",
  step: "create-image" as const,
  atMs: NOW,
  evidence: [],
});

const PLANTED: [what: string, planted: Partial<Evidence>, found: string][] = [
  ["a second image of a run", inCloud({ images: [...after.images, DOUBLE] }), `double: run ${RUN}`],
  [
    "a second current image",
    inCloud({ images: [...after.images, DOUBLE] }),
    "not 1 current images, but",
  ],
  ["an image too many", { recipes: new Map([["web", recipe({ keep: 1 })]]) }, "more than 1 images"],
  [
    "an image that the inventory does not know",
    inCloud({ images: [...after.images, DOUBLE] }),
    "left over: image",
  ],
  [
    "an image that the inventory calls gone",
    inInventory({ images: [inventoryImage({ id: "image-new", run: RUN, state: "gone" })] }),
    "gone in the inventory",
  ],
  [
    "an image of nobody",
    inCloud({ images: [...after.images, image({ id: "x", name: "x", tags: [] })] }),
    "is of no recipe",
  ],
  ["a lost image", inCloud({ images: [BASE, CURRENT] }), "lost: image image-old"],
  ["no current image", inCloud({ images: [BASE, RETIRED] }), "not 1 current images, but none"],
  [
    "an image that is not whole",
    inCloud({ images: [BASE, { ...CURRENT, status: "queued" }, RETIRED] }),
    "is queued",
  ],
  [
    "a current image that is hidden",
    inCloud({ images: [BASE, { ...CURRENT, os_hidden: true }, RETIRED] }),
    "shown as a retired one",
  ],
  [
    "a retired image that is not shown as one",
    inCloud({ images: [BASE, CURRENT, { ...RETIRED, tags: [] }] }),
    "neither current nor retired",
  ],
  [
    "an image without its mark",
    inCloud({ images: [BASE, { ...CURRENT, regild_owner: undefined }, RETIRED] }),
    "marked as owned by",
  ],
  [
    "a snapshot that no image names",
    inCloud({ snapshots: [SNAPSHOT, { ...SNAPSHOT, id: "snapshot-2" }] }),
    "left over: snapshot",
  ],
  ["a lost snapshot", inCloud({ snapshots: [] }), "lost: snapshot snapshot-1"],
  ["a temporary volume", inCloud({ volumes: [TEMPORARY] }), "left over: of volumes"],
  [
    "a server more",
    inCloud({ servers: [SERVER, { ...SERVER, id: "s" }] }),
    "left over: of servers",
  ],
  [
    "a server that was left stopped",
    inCloud({ servers: [{ ...SERVER, status: "SHUTOFF" }] }),
    "changed: of servers",
  ],
  ["a deleted image of others", inCloud({ images: [CURRENT, RETIRED] }), "changed: of images"],
  [
    "a double that was made and removed again",
    {
      births: [
        ...NOTHING_WRONG.births,
        { kind: "image", id: "image-2", runId: RUN, atMs: NOW - 1 },
      ],
    },
    "double: 2 images",
  ],
  [
    "an image that was made when its run had ended",
    { births: [{ kind: "image", id: "image-new", runId: RUN, atMs: NOW + 1 }] },
    "left over for a moment",
  ],
  ["a run that has not ended", ended({ outcome: null }), "has not ended"],
  ["a run that failed", ended({ outcome: "failed", failure: failure("x") }), "failed: x"],
  [
    "a run that failed, and promoted its image",
    ended({ outcome: "failed", failure: failure("create-unanswered") }),
    "yet promoted",
  ],
  [
    "a run that succeeded with another image",
    ended({ candidate: candidate({ id: "other" }) }),
    "succeeded with other",
  ],
  [
    "an image marked for deletion",
    inInventory({ images: [inventoryImage({ id: "d", state: "deleting" })] }),
    "is deleting",
  ],
  [
    "a resource marked for deletion",
    inInventory({ resources: [resource({ id: "d" })] }),
    "is deleting",
  ],
  ["a held recipe", inInventory({ activeRun: RUN }), "is held by"],
  ["a locked source", recorded({ sources: [sourceItem({ owner: RUN })] }), "is locked"],
  [
    "a server that is still to be started",
    recorded({ sources: [sourceItem({ wishedPower: "ACTIVE" })] }),
    "is still to be started",
  ],
  [
    "a trigger with two runs",
    { delivered: [{ recipe: "web", runIds: [RUN, "web-2"] }] },
    "one trigger, runs",
  ],
  ["a run that nobody asked for", { delivered: [] }, "0 triggers, 1 runs"],
];

it.each(PLANTED)("finds %s", (_what, planted, found) => {
  expect(judge({ ...NOTHING_WRONG, ...planted }).join("\n")).toContain(found);
});
