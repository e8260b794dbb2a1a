import { describe, expect, test } from "vitest";
import { chooseRegion, endpointOf, imageServices } from "../../shared/openstack/catalog.ts";
import { readCatalog, type Catalog } from "../../shared/openstack/token-catalog.ts";
import { CONFIG, PROJECT } from "./fake-cloud.ts";

const endpoint = (region: string | null, url: string, over = "public") => ({
  interface: over,
  region,
  region_id: region,
  url,
});

const TWO_REGIONS: Catalog = [
  { type: "identity", endpoints: [endpoint("elsewhere", "http://id.example")] },
  { type: "compute", endpoints: [endpoint("az1", "http://nova.example/v2.1")] },
  {
    type: "image",
    endpoints: [
      endpoint("az1", "http://g1.example"),
      endpoint("az2", "http://g2.example"),
      endpoint("az3", "http://g2.example"),
      endpoint("az4", "http://inside.example", "internal"),
    ],
  },
];

describe("the region", () => {
  test("is the recipe's, else that of clouds.yaml", () => {
    const config = { ...CONFIG, regionNames: ["az1", "az2"] };
    expect(chooseRegion(config, TWO_REGIONS, "az2")).toBe("az2");
    expect(chooseRegion(config, TWO_REGIONS, null)).toBe("az1");
  });

  test("is the only one that there is, also when it has no name", () => {
    const unnamed = [{ type: "compute", endpoints: [endpoint(null, "http://nova.example")] }];
    expect(chooseRegion(CONFIG, unnamed, null)).toBe("");
  });

  test("must be named where there are several, which are told", () => {
    expect(() => chooseRegion(CONFIG, TWO_REGIONS, null)).toThrow(
      "region_name is missing, and the catalog has several: az1, az2, az3",
    );
    expect(() => chooseRegion(CONFIG, [], null)).toThrow("has no public endpoint");
  });
});

test("volumes are looked for under all names that Cinder has had", () => {
  const token = (...types: string[]) => ({
    projectId: PROJECT,
    unusableEntries: [],
    catalog: types.map((type) => ({
      type,
      endpoints: [endpoint("az1", `http://${type}.example/v3/${PROJECT}`)],
    })),
  });
  const found = (...types: string[]) => endpointOf(CONFIG, token(...types), "volume", "az1");
  expect(found("volume", "volumev2")).toBe(`http://volumev2.example/v3/${PROJECT}`);
  expect(found("volumev2", "block-storage")).toBe(`http://block-storage.example/v3/${PROJECT}`);
  expect(found("block-storage", "volumev3")).toBe(`http://volumev3.example/v3/${PROJECT}`);
});

test("of two interfaces the configured one is taken", () => {
  const config = { ...CONFIG, interfaces: ["internal" as const] };
  const token = { projectId: PROJECT, catalog: TWO_REGIONS, unusableEntries: [] };
  expect(endpointOf(config, token, "image", "az4")).toBe("http://inside.example/v2");
  expect(() => endpointOf(CONFIG, token, "image", "az4")).toThrow("no image service");
});

describe("every image service of the catalog counts", () => {
  const servicesIn = (catalog: Catalog, region: string, config = CONFIG) =>
    imageServices(config, { projectId: PROJECT, catalog, unusableEntries: [] }, region).map(
      ({ name, url }) => `${name} ${url}`,
    );
  const G1 = "http://g1.example";
  const G2 = "http://g2.example";

  test("one that two regions share is one, and the run's own comes first", () => {
    expect(servicesIn(TWO_REGIONS, "az1")).toEqual([`az1 ${G1}/v2`, `az2 ${G2}/v2`]);
    expect(servicesIn(TWO_REGIONS, "az2")).toEqual([`az2 ${G2}/v2`, `az1 ${G1}/v2`]);
  });

  test.each<[string, Catalog]>([
    [
      "two endpoints of one region",
      [{ type: "image", endpoints: [endpoint("az1", G1), endpoint("az1", `${G2}/v2/`)] }],
    ],
    [
      "two services of one region",
      [
        { type: "image", name: "glance", endpoints: [endpoint("az1", G1)] },
        { type: "image", name: "glance-2", endpoints: [endpoint("az1", G2)] },
      ],
    ],
    [
      "a service that clouds.yaml does not choose",
      [
        { type: "image", name: "glance", endpoints: [endpoint("az1", G1)] },
        { type: "image", name: "other", endpoints: [endpoint("az1", G2)] },
      ],
    ],
  ])("%s are two, named by their URLs", (what, catalog) => {
    const services = what.includes("choose") ? { image: { name: "glance" } } : {};
    expect(servicesIn(catalog, "az1", { ...CONFIG, services })).toEqual([
      `${G1}/v2 ${G1}/v2`,
      `${G2}/v2 ${G2}/v2`,
    ]);
  });

  test("the interfaces of one endpoint are one service", () => {
    const both = [endpoint("az1", G1), endpoint("az1", "http://inside.example", "internal")];
    const catalog = [{ type: "image", endpoints: both }];
    const config = { ...CONFIG, interfaces: ["internal" as const, "public" as const] };
    expect(servicesIn(catalog, "az1", config)).toEqual(["az1 http://inside.example/v2"]);
  });

  test.each([
    ["one of them", G1, [G1, G2]],
    ["another one", "http://proxy.example", ["http://proxy.example", G1, G2]],
  ])(
    "if clouds.yaml names %s of several in one region, all count: nobody knows which it stands for",
    (_what, image, urls) => {
      const endpoints = [endpoint("az1", G2), endpoint("az1", G1)];
      const config = { ...CONFIG, endpointOverrides: { image } };
      const found = servicesIn([{ type: "image", endpoints }], "az1", config);
      expect(found.map((one) => one.split(" ")[1]).toSorted()).toEqual(
        urls.map((url) => `${url}/v2`).toSorted(),
      );
      expect(found[0]).toContain(image);
    },
  );

  test("an endpoint in clouds.yaml stands for the one that it replaces", () => {
    const config = { ...CONFIG, endpointOverrides: { image: "http://proxy.example" } };
    expect(servicesIn(TWO_REGIONS, "az1", config)).toEqual([
      "az1 http://proxy.example/v2",
      `az2 ${G2}/v2`,
    ]);
  });
});

describe("a version in the path", () => {
  const urlOf = (service: "compute" | "volume" | "image", url: string) => {
    const type = service === "volume" ? "volumev3" : service;
    const catalog = [{ type, endpoints: [endpoint("az1", url)] }];
    return endpointOf(CONFIG, { projectId: PROJECT, catalog, unusableEntries: [] }, service, "az1");
  };

  test.each([
    ["compute", "https://h.example/api/v1.0/compute", "/api/v1.0/compute/v2.1"],
    ["compute", "https://h.example/v3/region/nova", "/v3/region/nova/v2.1"],
    ["compute", "https://h.example/api/v1.0/compute/v2.1/", "/api/v1.0/compute/v2.1"],
    [
      "compute",
      `https://h.example/api/v1.0/compute/v2/${PROJECT}`,
      `/api/v1.0/compute/v2/${PROJECT}`,
    ],
    ["volume", "https://h.example/api/v1/volume", `/api/v1/volume/v3/${PROJECT}`],
    ["volume", `https://h.example/v1/volume/v3/AUTH_${PROJECT}`, `/v1/volume/v3/AUTH_${PROJECT}`],
    ["image", "https://h.example/api/v1.0/image", "/api/v1.0/image/v2"],
  ] as const)("of %s counts only at its end: %s", (service, url, path) => {
    expect(urlOf(service, url)).toBe(`https://h.example${path}`);
  });
});

test("a catalog entry of a needed service that cannot be used is named", () => {
  const { catalog, unusable: unusableEntries } = readCatalog([
    { type: "compute", endpoints: [{ interface: "public", region: "az1", url: null }] },
    { type: "image", endpoints: [endpoint("az1", "http://g.example")] },
  ]);
  const token = { projectId: PROJECT, catalog, unusableEntries };
  expect(() => endpointOf(CONFIG, token, "compute", "az1")).toThrow(
    "no compute service with a public endpoint. Region az1 has: image. Its catalog cannot be used: compute: url is null",
  );
});
