import { describe, expect, it } from "vitest";
import type { Image } from "../../../local/simulated-cloud/resources.ts";
import type { Fault } from "../faults.ts";
import { HOUR, type Scenario, scenario, type ScenarioOptions } from "./scenario.ts";

const REGISTER = /POST \S+az2\/v2\/images \S/;
const FETCH = /POST \S+az2\/v2\/images\/\S+\/import/;
const RECIPE = "server: web, zones: { b: { region_name: az2, distribute: true } }";

function distributing(options: ScenarioOptions = {}): Promise<Scenario> {
  return scenario({
    recipe: RECIPE,
    ...options,
    prepare: (cloud) => {
      cloud.settings.importSeconds = () => 60;
      options.prepare?.(cloud);
    },
  });
}

/** What the second zone has. */
function copies(s: Scenario): Image[] {
  return [...(s.cloud.world.zones[1]?.images.values() ?? [])];
}

const FAULTS: Fault[] = [
  { kind: "stop-before" },
  { kind: "stop-after" },
  { kind: "answer-lost" },
  { kind: "reset-after" },
  { kind: "pause-after", seconds: 40 },
  { kind: "late", seconds: 50 },
];

describe.each([
  ["record", REGISTER],
  ["fetch", FETCH],
])("a copy whose %s meets trouble", (_what, call) => {
  it.each(FAULTS)("is made once, under the image's id: $kind", async (fault) => {
    const s = await distributing({ faults: () => [{ call, fault }], duplicates: 0.3 });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    const { id, checksum, properties, name } = s.current();
    expect(copies(s)).toMatchObject([{ id, checksum, name, status: "active" }]);
    expect(copies(s)[0]?.properties["regild_owner"]).toBe(properties["regild_owner"]);
  });

  it("is not left when its run is cancelled, and the request comes five minutes later", async () => {
    const s = await distributing({
      faults: () => [{ call, fault: { kind: "late", seconds: 300 } }],
    });
    s.start();
    s.cancelWhen((run) => run.copies.length > 0, 1000);
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(s.images()).toEqual([]);
    expect(copies(s)).toEqual([]);
  });
});

it("a copy has the recipe's properties in the end, also those that its fetch overwrites", async () => {
  const s = await distributing({
    recipe:
      "volume: disk, zones: { b: { region_name: az2, distribute: true } }, image: { properties: { os_distro: debian, hw_disk_bus: scsi } }",
    prepare: ({ operator }) => {
      const image = operator.addImage({ name: "of the disk", properties: { os_distro: "none" } });
      operator.addVolume({ name: "disk", image });
    },
  });
  s.start();
  expect(await s.finish()).toEqual(["succeeded"]);
  const wanted = { os_distro: "debian", hw_disk_bus: "scsi" };
  expect(s.current().properties).toMatchObject(wanted);
  expect(copies(s)[0]?.properties).toMatchObject(wanted);
});

describe("a fetch", () => {
  const failing = (times: number) =>
    distributing({
      prepare: ({ faults }) => {
        faults.add({ on: { operation: "image.import", times }, effect: { kind: "import-fails" } });
      },
    });

  it("that fails twice is asked for a third time", async () => {
    const s = await failing(2);
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(copies(s)).toMatchObject([{ id: s.current().id, status: "active" }]);
  });

  it("that always fails ends the run, which says why and leaves nothing in either zone", async () => {
    const s = await failing(100);
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure).toMatchObject({
      code: "copy-failed",
      message:
        "The image service of zone b failed 3 times to fetch it: Task failed due to Internal Error",
    });
    expect(s.images()).toEqual([]);
    expect(copies(s)).toEqual([]);
  });

  it("that never ends is given up at the deadline, and nothing is left", async () => {
    const s = await distributing({
      recipe: `${RECIPE}, deadline: 20m`,
      prepare: ({ faults }) => {
        faults.add({ on: { operation: "image.import" }, effect: { kind: "import-never-ends" } });
      },
    });
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure?.code).toBe("deadline-passed");
    expect(copies(s)).toEqual([]);
  });
});

describe("before anything is stopped or made, a run fails", () => {
  it.each([
    ["of a server that boots from a volume", "server: db", {}, "An image of server db is made of"],
    [
      "where the image service fetches nothing",
      "server: web",
      { importMethods: ["web-download"] },
      "The image service of zone b cannot fetch images: it offers no glance-download. Its import methods: web-download",
    ],
    ["where it has no imports", "server: web", { importMethods: [] }, "Its import methods: none"],
  ])("%s", async (_what, source, settings, message) => {
    const s = await distributing({
      recipe: `${source}, prepare: { stop_server: true }, zones: { b: { region_name: az2, distribute: true } }`,
      prepare: (cloud) => Object.assign(cloud.settings, settings),
      sendsContent: false,
    });
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure).toMatchObject({
      code: "distribution-not-possible",
      message: expect.stringContaining(message),
    });
    expect(s.made()).toBe(0);
    expect(s.run()?.stoppedAtMs).toBeNull();
  });
});

describe("a copy before its promotion", () => {
  it.each([
    ["waits for approval", "promote: approve"],
    ["is tested", "test_boot: { flavor: sim.tiny }"],
    ["settles", "settle: 10m"],
  ])("that %s is hidden, private and has no name of its own yet", async (_what, fields) => {
    const seen = new Set<string>();
    const s = await distributing({ recipe: `${RECIPE}, ${fields}` });
    s.always(() => {
      const { promoted, step } = s.run() ?? { promoted: false, step: "prepare-source" };
      const isAfter = promoted || (step === "promote-image" && !fields.includes("approve"));
      for (const { hidden, visibility } of isAfter ? [] : copies(s))
        seen.add(`${hidden} ${visibility}`);
    });
    s.start();
    await s.until(2 * HOUR);
    expect([...seen]).toEqual(["true private"]);
  });
});

describe("consumers of the other zone", () => {
  const PATCH = /PATCH \S+az2\S+/;
  const shown = (s: Scenario) => copies(s).filter(({ hidden }) => !hidden);
  const twice = `${RECIPE}, image: { visibility: shared }`;

  it.each(FAULTS)("find the current image by name, although: $kind", async (fault) => {
    const s = await distributing({
      recipe: twice,
      faults: () => [{ call: PATCH, fault }],
      duplicates: 0.3,
    });
    s.start();
    s.start("t2", HOUR);
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    const { id, name, visibility } = s.current();
    expect(copies(s)).toHaveLength(2);
    expect(shown(s)).toMatchObject([{ id, name, visibility }]);
  });

  it("find the earlier image again after somebody goes back", async () => {
    const s = await distributing({ recipe: twice });
    s.start();
    s.start("t2", HOUR);
    await s.until(2 * HOUR);
    const [first = "", second] = s.images();
    expect(shown(s)).toMatchObject([{ id: second }]);
    s.excuse("only the active run of a recipe promotes");
    expect(s.rollBack(first)).toBe(true);
    await s.finish();
    expect(s.current().id).toBe(first);
    expect(shown(s)).toMatchObject([{ id: first, name: s.current().name }]);
  });
});

it("an old image goes in both zones", async () => {
  const s = await distributing({ recipe: `${RECIPE}, keep: 1, cooling_off: 0s` });
  s.start();
  s.start("t2", 3_600_000);
  expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
  expect(copies(s).map(({ id }) => id)).toEqual([s.current().id]);
});

it("no empty image stays in the other zone if the delete that ends its fence is refused", async () => {
  const s = await distributing({
    recipe: RECIPE.replace("server: web", "volume: data"),
    prepare: (cloud) => {
      cloud.faults.add({
        on: { operation: "volume.uploadImage" },
        effect: { kind: "upload-breaks" },
      });
    },
    faults: () => [{ call: /DELETE \S+az2\S+\/images\//, fault: { kind: "status", status: 409 } }],
  });
  s.start();
  await s.finish();
  expect(s.sent(/DELETE \S+az2\S+\/images\//)).toBeGreaterThan(1);
  expect(copies(s).map(({ name }) => name)).not.toContainEqual(expect.stringContaining("fence"));
});
