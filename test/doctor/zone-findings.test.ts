import { describe, expect, it } from "vitest";
import { zoneFindings } from "../../local/doctor/zone-findings.ts";
import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { asHttp } from "../../local/simulated-cloud/in-process.ts";
import { seededRandom } from "../../local/simulated-cloud/random.ts";
import type { Settings } from "../../local/simulated-cloud/settings.ts";
import { GlanceContent } from "../../shared/openstack/image-content.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import { configOf } from "../contract/simulated-target.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { NOW, recipe, timing } from "../unit/builders.ts";

const ZONE = {
  name: "b",
  region: "az2",
  endpoint: null,
  cloud: null,
  distribute: true,
  store: null,
};

async function found(
  streamed: boolean,
  settings: Partial<Settings> = {},
  is: Partial<Recipe> = {},
): Promise<string[]> {
  const now = () => NOW;
  const cloud = new SimulatedCloud({ now, random: seededRandom(1), settings });
  cloud.operator.addImage({ name: "debian-12", zone: "az2" });
  const configs = new Map([["mycloud", configOf(cloud, cloud.demo)]]);
  const clouds = openClouds(configs, {
    http: () => asHttp(cloud),
    now,
    timing,
    contentOf: (glance) => new GlanceContent(glance),
  });
  const openCloud = (ref: Parameters<typeof clouds.open>[0]) => clouds.open(ref, () => {});
  const finder = { cloud: openCloud({ cloud: "mycloud", region: null }), openCloud };
  const findings = await zoneFindings(finder, recipe({ zones: [{ ...ZONE, streamed }], ...is }));
  return findings.map(({ field, state, message }) => `${field} ${state}: ${message}`);
}

describe("a recipe whose images are copied", () => {
  it("is told that the zone fetches them by itself", async () => {
    expect(await found(false)).toContain(
      "web.zones.b.distribute ok: the image service of this zone fetches each image",
    );
  });

  it.each([
    ["because it says so", true, {}],
    ["because the zone fetches nothing", false, { importMethods: ["web-download"] }],
  ])("is told that Regild sends them, %s", async (_why, streamed, settings) => {
    expect(await found(streamed, settings)).toContain(
      "web.zones.b.distribute ok: Regild sends each image there",
    );
  });

  it("is told that they go to a further store, or that it is not there", async () => {
    const zones = [{ ...ZONE, region: null, store: "second", streamed: false }];
    const stores = ["file", "second"];
    expect(await found(false, { stores, mayCopyImages: true }, { zones })).toContain(
      "web.zones.b.distribute ok: the image service copies each image to this store",
    );
    expect(await found(false, { stores: ["file"] }, { zones })).toContain(
      "web.zones problem: Zone b: the image service has no store second. Its stores: file",
    );
  });

  it("is told why they cannot be copied", async () => {
    const image = { ...recipe().image, visibility: "public" as const };
    const lines = await found(false, {}, { image });
    expect(lines).toContainEqual(expect.stringMatching(/^web\.zones problem: Zone b: /));
  });
});
