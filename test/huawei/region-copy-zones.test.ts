import { describe, expect, it } from "vitest";
import { recipeStateKey, recipeStateSchema } from "../../shared/image/recipe-state.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import type { CloudConfig } from "../../shared/openstack/config.ts";
import { commit, load } from "../../shared/protocol/actor.ts";
import type { Zone } from "../../shared/recipe/recipe.ts";
import { HOUR, timing } from "../unit/builders.ts";
import { answer } from "./json-answer.ts";
import { RegionCopies } from "./region-copies.ts";

const DAY = 24 * HOUR;

/** clouds.yaml has these entries from now on. */
function withEntries(on: RegionCopies, entries: CloudConfig[]): void {
  const known = new Map(entries.map((entry) => [entry.name, entry]));
  const { http } = on.cloud;
  const now = (): number => on.cloud.nowMs;
  on.deps = { ...on.deps, clouds: openClouds(known, { http: () => http, now, timing }) };
}

function zoneOf(on: RegionCopies): Zone {
  const [zone] = on.recipe().zones;
  if (zone === undefined) throw new Error("the recipe has no zone");
  return zone;
}

describe("earlier copies in another region lose the tag", () => {
  it.each([
    ["is renamed", { name: "elsewhere" }],
    ["moves to another entry of clouds.yaml", { cloud: "otc-far2" }],
  ])("where the zone %s", async (_, change) => {
    const on = new RegionCopies();
    const { config, farConfig } = on.cloud;
    withEntries(on, [config, farConfig, { ...farConfig, name: "otc-far2" }]);
    await on.refresh(on.recipe({ keep: 3 }));
    await on.refresh(on.recipe({ keep: 3, zones: [{ ...zoneOf(on), ...change }] }));
    await on.idle(DAY);
    expect(on.farNames()).toHaveLength(2);
    expect(on.farCurrent()).toHaveLength(1);
  });

  it("where the recipe has no such zone any more", async () => {
    const on = new RegionCopies();
    await on.refresh(on.recipe({ keep: 3 }));
    await on.refresh(on.recipe({ keep: 3, zones: [] }));
    await on.idle(DAY);
    expect(on.farNames()).toHaveLength(1);
    expect(on.farCurrent()).toEqual([]);
  });
});

it("a copy gets its tag back within a day", async () => {
  const on = new RegionCopies();
  await on.refresh();
  await on.idle(HOUR);
  for (const copy of on.cloud.far.images.values()) copy.tags = [];
  await on.idle(DAY);
  expect(on.farCurrent()).toHaveLength(1);
});

describe("before anything is made, a run says that IMS cannot copy", () => {
  it("to the region that makes the image", async () => {
    const on = new RegionCopies();
    const run = await on.refresh(on.recipe({ zones: [{ ...zoneOf(on), cloud: "otc" }] }));
    expect(run.failure).toMatchObject({ code: "distribution-not-possible" });
    expect(run.failure?.message).toContain("this is the one that makes the image");
    expect(on.cloud.asked).toEqual([]);
  });

  it("to an image service that two zones name", async () => {
    const on = new RegionCopies();
    const far = zoneOf(on);
    const { agencyName: _, ...plain } = { ...far, name: "plain", distribute: false };
    const run = await on.refresh(on.recipe({ zones: [far, plain] }));
    expect(run.failure?.message).toBe("Zone far: it is the image service of zone plain as well");
    expect(on.cloud.asked).toEqual([]);
  });

  it("to a cloud without IMS, by the name of that cloud", async () => {
    const on = new RegionCopies();
    const told = on.cloud.far.answer.bind(on.cloud.far);
    on.cloud.far.answer = (request) =>
      request.url.includes("ims.far/v1/cloudimages/quota") ? answer(404, {}) : told(request);
    const run = await on.refresh();
    expect(run.failure?.message).toContain("the cloud of otc-far has none");
    expect(on.cloud.asked).toEqual([]);
  });
});

it("a copy that never appears fails the run within minutes, which names it and its project", async () => {
  const on = new RegionCopies();
  const told = on.cloud.far.answer.bind(on.cloud.far);
  on.cloud.far.answer = (request) => {
    on.cloud.far.images.clear();
    return told(request);
  };
  const run = await on.refresh();
  const [asked] = on.cloud.farCopies;
  expect(run.failure).toMatchObject({ code: "copy-not-found", step: "distribute" });
  expect(run.failure?.message).toContain(`has no image named ${String(asked?.["name"])}`);
  expect((run.endedAtMs ?? 0) - run.startedAtMs).toBeLessThan(HOUR);
});

it("a job that fails after a lost answer is not laid at anybody's door", async () => {
  const on = new RegionCopies();
  on.cloud.lostFarCopies = 1;
  const fails = { code: "IMG.0014", reason: "An exception occurred", leavesImage: false };
  on.cloud.farCopyPlans = [{ recordAfter: 3, seconds: 900, fails }];
  const run = await on.refresh();
  expect(run.failure?.message).toContain("the job of IMS failed, or somebody has deleted it");
});

it("a late copy is looked for no more once its time is over and its entry has left clouds.yaml", async () => {
  const on = new RegionCopies();
  on.cloud.lostFarCopies = 1;
  on.cloud.farCopyPlans = [{ recordAfter: 3 * 24 * 3600, seconds: 60, fails: null }];
  await on.refresh();
  expect((await on.recipeState()).lateAttempts).toHaveLength(1);
  withEntries(on, [on.cloud.config]);
  await on.idle(3 * DAY);
  expect((await on.recipeState()).lateAttempts).toEqual([]);
});

it("the tag stays on an earlier copy while nobody knows whether the current one is shown", async () => {
  const on = new RegionCopies();
  const { config, farConfig } = on.cloud;
  withEntries(on, [config, farConfig, { ...farConfig, name: "otc-far2" }]);
  await on.refresh(on.recipe({ keep: 3 }));
  const before = on.farCurrent();
  const moved = on.recipe({ keep: 3, zones: [{ ...zoneOf(on), cloud: "otc-far2" }] });
  const id = await on.begin(moved);
  await on.follow(id, ({ step }) => step === "promote-image");
  withEntries(on, [config, farConfig]);
  expect((await on.follow(id)).outcome).toBe("succeeded");
  await on.idle(HOUR);
  expect(on.farCurrent()).toEqual(before);
});

it("a copy under the image's own id is hidden and goes, once IMS makes the copies", async () => {
  const on = new RegionCopies();
  await on.refresh();
  await on.idle(HOUR);
  const actor = await load(on.deps.store, recipeStateKey("web"), recipeStateSchema);
  const [copy] = on.cloud.far.images.values();
  if (actor === null || copy === undefined) throw new Error("there is no copy");
  const id = actor.doc.current ?? "";
  on.cloud.far.images.clear();
  on.cloud.far.images.set(id, { ...copy, id, tags: [] });
  const images = actor.doc.images.map((image) => ({
    ...image,
    zones: image.zones.map((zone) => ({ ...zone, imageId: undefined, agencyName: undefined })),
  }));
  await commit(on.deps, actor, { ...actor.doc, images }, { sweepAtMs: actor.sweepAtMs });
  await on.refresh();
  await on.idle(3 * DAY);
  expect((await on.recipeState()).images.map(({ state }) => state)).toEqual(["gone", "current"]);
  expect(on.farNames()).toHaveLength(1);
});

it("an access key with an id alone is told to name the project", async () => {
  const on = new RegionCopies();
  const told = on.cloud.far.answer.bind(on.cloud.far);
  on.cloud.far.answer = (request) => {
    const answered = told(request);
    const isToken = request.url.includes("iam.far") && answered?.kind === "response";
    return isToken
      ? { ...answered, text: answered.text.replace('"name":"eu-nl_web"', '"name":null') }
      : answered;
  };
  const run = await on.refresh();
  expect(run.failure?.message).toContain("IMS has to be told the name of its project");
  expect(run.failure?.remedy).toContain("Write project_name in place of project_id for otc-far");
});
