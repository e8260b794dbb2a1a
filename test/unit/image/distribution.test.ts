import { describe, expect, it } from "vitest";
import type { ImageService } from "../../../shared/cloud-ports.ts";
import { type Distributing, planCopies } from "../../../shared/image/distribution.ts";
import { Transfers } from "../../../shared/image/transfers.ts";
import type { Zone } from "../../../shared/recipe/recipe.ts";
import { recipe } from "../builders.ts";

/** How one image service answers. */
interface Is {
  methods?: string[];
  /** `null`: this process carries no content. `false`: these credentials cannot. */
  content?: boolean | null;
  region?: string;
}

function serviceOf(name: string, { methods = [], content = true, region = name }: Is) {
  const carrier = content === null ? null : { isOffered: async () => content };
  const service = {
    name,
    region,
    url: `https://${name}.example`,
    images: { mayGive: async () => ({ may: "yes" }) },
    imports: { methods: async () => methods },
    content: carrier,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the plan asks
  return service as unknown as ImageService;
}

const ZONE: Zone = {
  name: "b",
  region: "az2",
  endpoint: null,
  cloud: null,
  distribute: true,
  streamed: false,
  store: null,
};

interface Case {
  own?: Is;
  other?: Is;
  zone?: Partial<Zone>;
  transfers?: Transfers | null;
}

function plan({ own = {}, other = {}, zone = {}, transfers = new Transfers() }: Case) {
  const services = [serviceOf("az1", own), serviceOf("az2", other)];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the plan asks
  const ctx = {
    cloud: { everyImageService: async () => services },
    ...(transfers !== null && { transfers }),
  } as unknown as Distributing;
  return planCopies(ctx, recipe({ zones: [{ ...ZONE, ...zone }] }), null);
}

const FETCHING = { methods: ["web-download", "glance-download"] };

describe("a zone gets its copy", () => {
  it.each<[string, Case, string]>([
    ["by a fetch, where its image service offers that", { other: FETCHING }, "fetch"],
    ["from Regild, where it offers nothing", {}, "stream"],
    [
      "from Regild, where the recipe says so",
      { other: FETCHING, zone: { streamed: true } },
      "stream",
    ],
    [
      "from Regild, where the image's region has two image services",
      {
        own: { region: "az2" },
        other: FETCHING,
        zone: { region: null, endpoint: "https://az2.example" },
      },
      "stream",
    ],
    ["by a fetch, where this process sends nothing", { other: FETCHING, transfers: null }, "fetch"],
  ])("%s", async (_what, is, way) => {
    expect(await plan(is)).toEqual({ ways: new Map([["b", way]]) });
  });
});

describe("a zone gets no copy, and the problem says why", () => {
  it.each<[string, Case, string]>([
    ["on a function", { transfers: null }, "A function on AWS cannot send them"],
    ["where the process carries no content", { own: { content: null } }, "A function on AWS"],
    ["with an access key here", { own: { content: false } }, "with an access key"],
    ["with an access key there", { other: { content: false } }, "with an access key"],
  ])("%s", async (_what, is, message) => {
    expect(await plan(is)).toMatchObject({
      problem: {
        code: "distribution-not-possible",
        message: expect.stringContaining(message),
        remedy: expect.stringContaining("take distribute out of web.zones.b"),
      },
    });
  });
});
