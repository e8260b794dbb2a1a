import { describe, expect, it } from "vitest";
import type { Image } from "../../../local/simulated-cloud/resources.ts";
import type { Fault } from "../faults.ts";
import { MINUTE, type Scenario, scenario, type ScenarioOptions } from "./scenario.ts";

const OPEN = /GET \S+az1\/v2\/images\/\S+\/file/;
const SEND = /PUT \S+az2\/v2\/images\/\S+\/file/;
const RECIPE = "server: web, zones: { b: { region_name: az2, distribute: stream } }";

/** Content takes a minute. */
function streaming(options: ScenarioOptions = {}): Promise<Scenario> {
  return scenario({
    recipe: RECIPE,
    ...options,
    prepare: (cloud) => {
      cloud.settings.contentSeconds = () => 60;
      options.prepare?.(cloud);
    },
  });
}

function copies(s: Scenario): Image[] {
  return [...(s.cloud.world.zones[1]?.images.values() ?? [])];
}

const FAULTS: Fault[] = [
  { kind: "stop-before" },
  { kind: "stop-after" },
  { kind: "request-lost" },
  { kind: "answer-lost" },
  { kind: "reset-after" },
  { kind: "gateway-timeout" },
  { kind: "pause-after", seconds: 40 },
  { kind: "late", seconds: 50 },
  { kind: "page" },
  { kind: "truncated" },
  { kind: "status", status: 401 },
  { kind: "status", status: 503 },
];

describe.each([
  ["opened", OPEN],
  ["sent", SEND],
])("content that is %s", (_what, call) => {
  it.each(FAULTS)("is that of the image in the end, although: $kind", async (fault) => {
    const s = await streaming({ faults: () => [{ call, fault }], duplicates: 0.3 });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    const { id, checksum, sizeBytes, name } = s.current();
    expect(copies(s)).toMatchObject([{ id, checksum, sizeBytes, name, status: "active" }]);
  });

  it("is not left when its run is cancelled, and comes a minute later", async () => {
    const s = await streaming({ faults: () => [{ call, fault: { kind: "late", seconds: 60 } }] });
    s.start();
    s.cancelWhen((run) => run.copies.some(({ fetches }) => fetches > 0), 1000);
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(s.images()).toEqual([]);
    expect(copies(s)).toEqual([]);
  });
});

it("while it goes on, the run's record says how much has been sent", async () => {
  const seen = new Set<number | null>();
  const s = await streaming({
    prepare: ({ settings }) => {
      settings.contentSeconds = () => 600;
    },
  });
  s.always(() => {
    for (const { sentBytes } of s.run()?.copies ?? []) seen.add(sentBytes);
  });
  s.start();
  expect(await s.finish()).toEqual(["succeeded"]);
  expect([...seen].some((bytes) => (bytes ?? 0) > 1_000_000)).toBe(true);
});

describe("a transfer", () => {
  const failing = (times: number) =>
    streaming({
      prepare: ({ faults }) => {
        const on = { operation: "image.upload", times };
        faults.add({ on, effect: { kind: "content-breaks" } });
      },
    });

  it("that breaks twice is begun a third time, on the same record", async () => {
    const s = await failing(2);
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(copies(s)).toMatchObject([{ id: s.current().id, status: "active" }]);
    // The image, and one record of a copy.
    expect(s.made()).toBe(2);
  });

  it("that is refused because the copy has its content already does no harm", async () => {
    const s = await streaming({
      faults: () => [{ call: SEND, fault: { kind: "status", status: 409 } }],
    });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(copies(s)).toMatchObject([{ id: s.current().id, status: "active" }]);
  });

  it("that always breaks ends the run, which leaves nothing in either zone", async () => {
    const s = await failing(100);
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure).toMatchObject({ code: "copy-failed" });
    expect(s.run()?.failure?.message).toMatch(/^Regild sent the image to zone b 3 times in vain/);
    expect(s.images()).toEqual([]);
    expect(copies(s)).toEqual([]);
  });

  it("whose Glance dies is given up at the deadline, and nothing is left", async () => {
    const s = await streaming({
      recipe: `${RECIPE}, deadline: 20m`,
      prepare: ({ faults }) => {
        faults.add({ on: { operation: "image.upload" }, effect: { kind: "content-stays" } });
      },
    });
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure?.code).toBe("deadline-passed");
    expect(copies(s)).toEqual([]);
  });

  it("that the deadline overtakes makes no copy afterwards", async () => {
    const s = await streaming({
      recipe: `${RECIPE}, deadline: 12m`,
      prepare: ({ settings }) => {
        settings.contentSeconds = () => 3600;
      },
    });
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure?.code).toBe("deadline-passed");
    expect(copies(s)).toEqual([]);
  });

  it("goes to an endpoint of the same region as well", async () => {
    const s = await streaming({
      recipe:
        'server: web, zones: { b: { endpoint: "http://cloud.example/image/az2", distribute: true } }',
      prepare: ({ settings }) => {
        settings.imageServices = "endpoints";
      },
    });
    s.start();
    s.start("t2", 30 * MINUTE);
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    const shown = copies(s).filter(({ hidden }) => !hidden);
    expect(shown).toMatchObject([{ id: s.current().id, name: s.current().name }]);
  });

  it("is what happens where the image service fetches nothing by itself", async () => {
    const s = await streaming({
      recipe: "server: web, zones: { b: { region_name: az2, distribute: true } }",
      prepare: ({ settings }) => {
        settings.importMethods = ["web-download"];
      },
    });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.run()?.copies).toMatchObject([{ zone: "b", way: "stream", fetches: 1 }]);
    expect(copies(s)).toMatchObject([{ id: s.current().id, status: "active" }]);
  });
});
