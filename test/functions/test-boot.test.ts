import { describe, expect, it } from "vitest";
import type { BootOutcome } from "../../local/simulated-cloud/resources.ts";
import type { Settings } from "../../local/simulated-cloud/settings.ts";
import type { TestBoot } from "../../shared/recipe/recipe.ts";
import { recipe, TEST_BOOT } from "../unit/builders.ts";
import { ended } from "./ended.ts";
import { Installation } from "./installation.ts";

/** A server with a disk, or one that boots from a volume; `outcome`: how its image boots. */
function stage(outcome: BootOutcome, is: { volumeBacked?: boolean } & Partial<Settings> = {}) {
  const { volumeBacked = false, ...settings } = is;
  const on = new Installation();
  const { operator } = on.cloud;
  const base = operator.addImage({ name: "debian-12" });
  const volumes = volumeBacked ? [operator.addVolume({ name: "root", image: base })] : [];
  operator.addServer({ name: "web-golden", volumes, ...(volumeBacked ? {} : { image: base }) });
  Object.assign(on.cloud.settings, { bootOutcome: () => outcome, ...settings });
  const before = { servers: on.cloud.world.servers.size, volumes: on.cloud.world.volumes.size };
  const left = () => ({
    servers: on.cloud.world.servers.size - before.servers,
    volumes: on.cloud.world.volumes.size - before.volumes,
  });
  const refresh = (test: Partial<TestBoot> = {}) =>
    ended(on, recipe({ testBoot: { ...TEST_BOOT, ...test } }));
  return { on, left, refresh };
}
const NOTHING = { servers: 0, volumes: 0 };
const NETWORK = { networks: ["sim-net"], probe: { port: 80, path: "/health" } };

describe("an image that boots", () => {
  it.each<[string, Parameters<typeof stage>[1], Partial<TestBoot>]>([
    ["from a disk", {}, {}],
    ["from a volume", {}, { volumeGib: 2 }],
    ["from the snapshots behind it", { volumeBacked: true }, {}],
    ["in two zones", {}, { availabilityZones: ["az1", "az2"] }],
    ["and answers in its network", {}, NETWORK],
    ["and answers late", { guestSeconds: 200 }, NETWORK],
    ["late", { bootSeconds: 200, guestSeconds: 200 }, {}],
  ])("%s becomes current, and nothing of the test is left", async (_how, is, test) => {
    const { on, left, refresh } = stage("boots", is);
    const run = await refresh(test);
    expect(run).toMatchObject({ outcome: "succeeded", leftovers: [] });
    expect(run.tests.map(({ line }) => line)).toEqual(
      (test.availabilityZones ?? [null]).map(() => "golden login:"),
    );
    const created = on.cloud.world.journal.filter(
      ({ event, name }) => event === "created" && name.startsWith("regild-test-"),
    );
    expect(created.filter(({ resource }) => resource === "server")).toHaveLength(run.tests.length);
    on.cloud.settle();
    expect(left()).toEqual(NOTHING);
  });
});

describe("an image that does not boot", () => {
  it.each<[BootOutcome, Partial<TestBoot>, RegExp]>([
    ["panics", {}, /printed "Kernel panic - not syncing", which reject matches/],
    ["panics", { volumeGib: 2, reject: null }, /printed no line .*Kernel panic/],
    ["silent", {}, /is ACTIVE, and printed no line that matches "login:" within 600 s/],
    ["no-host", { expect: null, reject: null }, /is in ERROR: No valid host was found/],
    [
      "deaf",
      NETWORK,
      /did not answer its probe within 600 s \(192.*:80\/health: connection refused/,
    ],
    ["deaf", { ...NETWORK, expect: null }, /did not answer its probe/],
  ])(
    "because it %s, does not become current, and goes with its test",
    async (outcome, test, why) => {
      const { on, left, refresh } = stage(outcome);
      const run = await refresh(test);
      expect(run).toMatchObject({
        outcome: "failed",
        leftovers: [],
        failure: { code: "test-boot-failed", message: expect.stringMatching(why) },
      });
      expect((await on.recipeState("web")).current).toBeNull();
      on.cloud.settle();
      expect(left()).toEqual(NOTHING);
      expect([...on.cloud.world.firstZone.images.values()].map(({ name }) => name)).toEqual([
        "debian-12",
      ]);
    },
  );
});

describe("a test that cannot be made", () => {
  const REMEDIES: Record<string, RegExp> = {
    "quota-exceeded": /^Delete what is not needed/,
    "not-found": /^Correct web\.test_boot in recipes\.yml, then: regild refresh web$/,
  };
  it.each<[string, Partial<Settings>, Partial<TestBoot>, string, string]>([
    ["quota of servers", { instanceQuota: 1 }, {}, "quota-exceeded", "servers: 1 of 1 used"],
    ["quota of volumes", { volumeQuota: 0 }, { volumeGib: 2 }, "quota-exceeded", "volumes: 0 of 0"],
    ["flavor", {}, { flavor: "huge" }, "not-found", "no flavor huge"],
    ["network", {}, { networks: ["lan"] }, "not-found", "shows this project no network lan"],
  ])("for its %s ends the run before an image is made", async (_what, is, test, code, text) => {
    const { on, refresh } = stage("boots", is);
    const run = await refresh(test);
    expect(run.failure).toMatchObject({
      code,
      step: "prepare-source",
      message: expect.stringContaining(text),
    });
    expect(on.cloud.world.firstZone.images.size).toBe(1);
    expect(run.failure?.remedy).toMatch(REMEDIES[code] ?? "");
  });
});
