import { expect, it } from "vitest";
import { imagesSheet } from "../../local/cli/text/images.ts";
import { chosen, sheetText, sheetValues } from "../../local/cli/text/sheet.ts";
import { imagesPage } from "../../local/view/queries.ts";
import { viewImage } from "../../local/view/images.ts";
import { candidateImage } from "../../shared/run/created-by-run.ts";
import { decideSource } from "../../shared/source/resolve.ts";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import { MemoryStore } from "../memory/store.ts";
import { candidate, recipe, run, server } from "../unit/builders.ts";
import { image, NOW_MS, recipeState } from "./records.ts";

const zone = (name: string) => ({
  name,
  region: null,
  endpoint: null,
  cloud: null,
  distribute: false,
  streamed: false,
  store: null,
});
const images = [
  image("now", { state: "current", zones: [zone("az-1"), zone("az2")], availabilityZone: "az-1" }),
  image("old", { zones: [zone("az-1")], availabilityZone: null }),
];
const fault = {
  status: "not-in-every-zone",
  why: "az2: not there",
  sinceMs: NOW_MS,
  isConfirmed: true,
};
const STATE = recipeState({
  current: "now",
  shown: "now",
  images,
  currentCheck: { imageId: "now", dueAtMs: NOW_MS, goodAtMs: null, fault },
});
const VIEWS = images.map((each) => viewImage(STATE, each, null));

it("a list of images has a column for each zone, and one for the zone of the server", () => {
  const sheet = imagesSheet(VIEWS, NOW_MS);
  expect(sheet.columns.map(({ name }) => name)).toEqual([
    "ID",
    "NAME",
    "STATE",
    "IN AZ 1",
    "IN AZ2",
    "SERVER ZONE",
    "STORED",
    "CREATED",
    "NEXT",
  ]);
  const columns = chosen(sheet, ["id", "in az-1", "IN AZ2", "server zone"]);
  expect(sheetValues(columns)).toEqual([
    ["now", "usable", "fails", "az-1"],
    ["old", "usable", "–", "–"],
  ]);
  expect(sheetText(sheet, 40)[1]).toContain("now");
});

it("the zone of the server is left out where it says nothing", () => {
  const plain = ["nova", "nova"].map((availabilityZone, index) =>
    viewImage(STATE, { ...image(`i${index}`), availabilityZone }, null),
  );
  const names = (views: typeof plain) => imagesSheet(views, NOW_MS).columns.map(({ name }) => name);
  expect(names(plain)).not.toContain("SERVER ZONE");
  const other = viewImage(STATE, { ...image("i3"), availabilityZone: "az2" }, null);
  expect(names([...plain, other])).toContain("SERVER ZONE");
});

it("the document has the same table, for programs", async () => {
  const store = new MemoryStore();
  const key = recipeStateKey("web");
  const attributes = { sweepAtMs: null, day: null, expiresAtMs: null };
  await store.commit({ key, writeId: "w", doc: JSON.stringify(STATE), ...attributes }, 0);
  const records = { store, recipes: new Map(), now: () => NOW_MS };
  const page = await imagesPage(records, "web", { limit: 20, after: null });
  expect(page.by_zone).toEqual({
    zones: ["az-1", "az2"],
    rows: page.images.map(({ id }) => ({
      image: id,
      cells: id === "now" ? ["usable", "fails"] : ["usable", "not_asked"],
    })),
  });
});

it.each([
  ["server", "az2"],
  ["root_volume", null],
] as const)("an image of capture: %s is bound to %o", (capture, zone) => {
  const of = recipe({ capture: "server" });
  const found = { volumes: [], projectId: "p", bootImage: null, users: [] };
  const answer = decideSource(of, { ...found, servers: [server({ availabilityZone: "az2" })] });
  if ("code" in answer) throw new Error(answer.message);
  const made = run({ recipe: recipe({ capture }), source: answer.source, candidate: candidate() });
  expect(candidateImage(made, NOW_MS)?.availabilityZone).toBe(zone);
});
