import { describe, expect, it } from "vitest";
import type { Fault } from "../faults.ts";
import { HOUR, MINUTE, type Scenario, scenario, type ScenarioOptions } from "./scenario.ts";

const COPY = /POST \S+az1\/v2\/images\/\S+\/import/;
const RECIPE = "server: web, zones: { b: { store: second, distribute: true } }";

/** An image service with two stores. Each copy takes a minute. */
function copying(options: ScenarioOptions = {}): Promise<Scenario> {
  return scenario({
    recipe: RECIPE,
    ...options,
    prepare: (cloud) => {
      Object.assign(cloud.settings, {
        stores: ["file", "second"],
        mayCopyImages: true,
        importSeconds: () => 60,
      });
      options.prepare?.(cloud);
    },
  });
}

const FAULTS: Fault[] = [
  { kind: "stop-before" },
  { kind: "stop-after" },
  { kind: "answer-lost" },
  { kind: "reset-after" },
  { kind: "pause-after", seconds: 40 },
  { kind: "late", seconds: 50 },
];

describe("a copy to a second store", () => {
  it.each(FAULTS)("is there in the end, although: $kind", async (fault) => {
    const s = await copying({ faults: () => [{ call: COPY, fault }], duplicates: 0.3 });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.current().stores).toEqual(["file", "second"]);
  });

  it("goes with the image when its run is cancelled", async () => {
    const s = await copying();
    s.start();
    s.cancelWhen((run) => run.copies.some(({ fetches }) => fetches > 0), 1000);
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(s.images()).toEqual([]);
  });

  const failing = (times: number) =>
    copying({
      prepare: ({ faults }) => {
        faults.add({ on: { operation: "image.import", times }, effect: { kind: "import-fails" } });
      },
    });

  it("that fails twice is asked for a third time", async () => {
    const s = await failing(2);
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.current().stores).toEqual(["file", "second"]);
  });

  it("that always fails ends the run, which says why and leaves nothing", async () => {
    const s = await failing(100);
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure).toMatchObject({
      code: "copy-failed",
      message:
        "The image service failed 3 times to copy it to zone b: Task failed due to Internal Error",
    });
    expect(s.images()).toEqual([]);
  });
});

it("a store that the cloud itself fills is only waited for", async () => {
  const s = await copying({ recipe: "server: web, zones: { b: { store: second } }" });
  s.always(() => {
    const image = [...s.cloud.world.firstZone.images.values()].find(({ name }) => name !== "base");
    if (image?.status === "active" && !image.stores.includes("second")) image.stores.push("second");
  });
  s.start();
  expect(await s.finish()).toEqual(["succeeded"]);
  expect(s.run()?.copies).toEqual([]);
});

describe("before anything is stopped or made, a run fails", () => {
  it.each([
    [
      "where there is no such store",
      { stores: ["file"] },
      "Zone b: the image service has no store second. Its stores: file",
    ],
    ["where there is one store alone", { stores: [] }, "Its stores: one alone"],
    [
      "where the image service does not copy images",
      { importMethods: ["web-download"] },
      "Zone b: the image service offers no copy-image. Its import methods: web-download",
    ],
  ])("%s", async (_what, settings, message) => {
    const s = await copying({
      recipe: `${RECIPE}, prepare: { stop_server: true }`,
      prepare: (cloud) => Object.assign(cloud.settings, settings),
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

describe("where the policy keeps copies from this project", () => {
  it("the first run says so, and leaves nothing", async () => {
    const s = await copying({ prepare: ({ settings }) => (settings.mayCopyImages = false) });
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure).toMatchObject({
      code: "forbidden",
      message: expect.stringContaining("not authorized to complete copy_image action"),
    });
    expect(s.images()).toEqual([]);
  });

  it("a later run says so before anything is stopped or made", async () => {
    const s = await copying({ recipe: `${RECIPE}, prepare: { stop_server: true }` });
    s.start();
    s.start("t2", HOUR);
    await s.until(30 * MINUTE);
    expect(s.current().stores).toEqual(["file", "second"]);
    const made = s.made();
    s.cloud.settings.mayCopyImages = false;
    expect(await s.finish()).toEqual(["succeeded", "failed"]);
    expect(s.made()).toBe(made);
  });
});
