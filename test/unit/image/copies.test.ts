import { beforeEach, describe, expect, it } from "vitest";
import type { Cloud, CloudRef, Image, ImageService } from "../../../shared/cloud-ports.ts";
import type { Ctx } from "../../../shared/context.ts";
import type { InventoryImage, RecipeState } from "../../../shared/image/recipe-state.ts";
import { planRemoval } from "../../../shared/image/removal-plan.ts";
import { remove } from "../../../shared/image/removal.ts";
import { seeRemoval } from "../../../shared/image/removal-seen.ts";
import { CloudError } from "../../../shared/openstack/errors.ts";
import { HOUR, image, inventoryImage, NOW, recipeState } from "../builders.ts";

const HERE = { cloud: "mycloud", region: null };
const AZ2 = {
  name: "b",
  region: "az2",
  endpoint: null,
  cloud: null,
  distribute: true,
  streamed: false,
  store: null,
};
const FAR = {
  name: "far",
  region: null,
  endpoint: null,
  cloud: "mycloud-far",
  distribute: false,
  streamed: false,
  store: null,
};
const GONE = { ...AZ2, name: "c", region: "az3" };

/** What each region, or other cloud, has. */
interface There {
  servers?: string[] | CloudError;
  volumes?: Array<{ name: string; imageId: string; oddFields: string[] }>;
  images?: Map<string, Image>;
}

let state: RecipeState;
let there: Record<string, There>;
let deleted: string[];

beforeEach(() => {
  deleted = [];
  there = {
    az1: { images: new Map(["old", "new"].map((id) => [id, image({ id })])) },
    az2: { images: new Map(["old", "new"].map((id) => [id, image({ id })])) },
    "mycloud-far": {},
  };
});

function unless<T>(value: T | CloudError): Promise<T> {
  return value instanceof CloudError ? Promise.reject(value) : Promise.resolve(value);
}

function refused(code: "not-offered" | "configuration", message: string): CloudError {
  return new CloudError(message, { kind: "refused", code });
}

function serviceOf(region: string): ImageService {
  const images = {
    image: async (id: string) => there[region]?.images?.get(id) ?? null,
    recentImage: async (id: string) => there[region]?.images?.get(id) ?? null,
    deleteImage: async (id: string) => {
      deleted.push(`${region} ${id}`);
      return there[region]?.images?.delete(id) === true;
    },
    fence: async () => false,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the calls that deletes make
  return { name: region, region, url: `http://${region}`, images } as unknown as ImageService;
}

function cloudOf({ cloud, region }: CloudRef): Cloud {
  const place = region ?? (cloud === "mycloud" ? "az1" : cloud);
  const catalog =
    cloud === "mycloud" ? Object.keys(there).filter((r) => r !== "mycloud-far") : [place];
  const is = there[place];
  const own = [place, ...catalog.filter((one) => one !== place)];
  const nothing = refused("not-offered", `There is no region ${place}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the calls that deletes make
  return {
    images: serviceOf(place).images,
    everyImageService: () => unless(is === undefined ? nothing : own.map(serviceOf)),
    compute: { serversFrom: () => unless(is?.servers ?? []) },
    volumes: { volumes: () => unless(is?.volumes ?? []) },
  } as unknown as Cloud;
}

function ctx(): Ctx {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the calls that deletes make
  return {
    now: () => NOW,
    cloud: cloudOf(HERE),
    openCloud: cloudOf,
    recipeState: async () => state,
    changeRecipeState: async (change: (now: RecipeState) => RecipeState | null) =>
      (state = change(state) ?? state),
  } as unknown as Ctx;
}

function record(is: Partial<InventoryImage>, zones: InventoryImage["zones"]): RecipeState {
  const promotedAtMs = NOW - 9 * HOUR;
  const old = { id: "old", state: "retired", promotedAtMs, retiredAtMs: promotedAtMs } as const;
  return recipeState({
    current: "new",
    shown: "new",
    rules: { keep: 1, coolingOffMs: 0, maxDeletes: 3 },
    images: [
      inventoryImage({ ...old, zones, ...is }),
      inventoryImage({ id: "new", state: "current", promotedAtMs: NOW - HOUR, zones }),
    ],
  });
}

async function planOf(zones: InventoryImage["zones"]) {
  state = record({}, zones);
  return planRemoval(state, await seeRemoval(ctx(), state, HERE), HERE, NOW);
}

describe("an old image that", () => {
  it("nobody uses anywhere goes, also where the other region offers images alone", async () => {
    there["az2"] = { ...there["az2"], servers: refused("not-offered", "no compute service") };
    expect((await planOf([AZ2, FAR])).ops).toMatchObject([
      { kind: "mark-for-deletion", id: "old" },
    ]);
  });

  it.each<[string, string, There, string]>([
    [
      "a server of another zone uses",
      "az2",
      { servers: ["shop"] },
      "in use by server shop in zone b",
    ],
    [
      "a volume of another zone is made of",
      "az2",
      { volumes: [{ name: "data", imageId: "old", oddFields: [] }] },
      "in use by volume data in zone b",
    ],
    [
      "a server of another cloud uses",
      "mycloud-far",
      { servers: ["shop"] },
      "in use by server shop in zone far",
    ],
    [
      "a zone may use that does not answer",
      "az2",
      { servers: new CloudError("503", { kind: "transient" }) },
      "in use by zone b, maybe: it cannot be asked (503)",
    ],
    [
      "stands in where the current image is still hidden",
      "az2",
      { images: new Map([["new", image({ id: "new", hidden: true })]]) },
      "in use by zone b, maybe: it does not show the current image yet",
    ],
  ])("%s stays", async (_what, place, is, why) => {
    there[place] = { ...there[place], ...is };
    expect(await planOf([AZ2, FAR])).toMatchObject({ ops: [], kept: [{ id: "old", why }] });
  });

  it("a zone may use that is not in the catalog any more stays", async () => {
    const { ops, kept } = await planOf([GONE]);
    expect(ops).toEqual([]);
    expect(kept[0]?.why).toMatch(/^in use by zone c, maybe: it cannot be asked/);
  });
});

describe("a zone that has left", () => {
  const failed = { state: "deleting", promotedAtMs: null, retiredAtMs: null } as const;

  it("keeps the image of a failed run in the record, with the reason, and nothing else", async () => {
    state = record({ ...failed, deletedAtMs: NOW - HOUR }, [GONE, AZ2]);
    there["az1"]?.images?.delete("old");
    there["az2"]?.images?.delete("old");
    const plan = planRemoval(state, await seeRemoval(ctx(), state, HERE), HERE, NOW);
    expect(plan.ops).toEqual([]);
    expect(plan.kept).toMatchObject([
      { id: "old", why: expect.stringContaining("region az3 has no image service") },
    ]);
  });

  it("does not stop the deletes that come after it", async () => {
    state = record({ ...failed, deletedAtMs: NOW - HOUR }, [GONE]);
    const other = inventoryImage({ id: "other", state: "deleting" });
    state = { ...state, images: [...state.images, other] };
    there["az1"]?.images?.delete("old");
    there["az1"]?.images?.set("other", image({ id: "other" }));
    await remove(ctx(), [
      { kind: "gone", id: "old" },
      { kind: "delete", id: "other" },
    ]);
    expect(deleted).toContain("az1 other");
    expect(state.images[0]).toMatchObject({
      state: "deleting",
      kept: { why: expect.stringContaining("it may have a copy: zone c: region az3") },
    });
  });

  it("of another cloud keeps no image where it can be deleted", async () => {
    delete there["mycloud-far"];
    state = record(failed, [FAR]);
    const { ops } = planRemoval(state, await seeRemoval(ctx(), state, HERE), HERE, NOW);
    expect(ops).toEqual([{ kind: "delete", id: "old" }]);
    await remove(ctx(), ops);
    expect(deleted).toEqual(["az1 old", "az2 old"]);
  });
});
