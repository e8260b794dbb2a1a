import { describe, expect, it } from "vitest";
import { pageSite } from "../../local/page/page-site.ts";
import { viewImage } from "../../local/view/images.ts";
import { zoneMatrix } from "../../local/view/zone-matrix.ts";
import { image, NOW_MS, recipeState } from "../cli/records.ts";
import { elementsOf, visibleText } from "./parsed.ts";
import { scene, sceneAnswers } from "./scene.ts";

const zone = (name: string) => ({
  name,
  region: null,
  endpoint: null,
  cloud: null,
  distribute: false,
  streamed: false,
  store: null,
});

it("a recipe's page names the zones that its images were usable in", async () => {
  const site = pageSite(await scene(), sceneAnswers());
  const html = async (path: string) => (await site(path, ""))?.text ?? "";
  expect(visibleText(await html("/recipes/web"))).toContain("was usable in zones az1, az2");
  const cells = elementsOf(await html("/recipes/web"))
    .filter(({ attributes }) => /^az[12]$/.test(attributes["data-label"] ?? ""))
    .map(({ attributes, text }) => `${attributes["data-label"] ?? ""}: ${text.trim()}`);
  expect(cells.length).toBeGreaterThan(2);
  expect(new Set(cells)).toEqual(new Set(["az1: ✓ usable", "az2: ✓ usable"]));
  expect(await html("/recipes/db")).not.toContain("Images by zone");
});

describe("images by zone", () => {
  const images = [
    image("new", { state: "candidate", promotedAtMs: null, zones: [zone("az1"), zone("az3")] }),
    image("now", { state: "current", zones: [zone("az1"), zone("az2")] }),
    image("old", { zones: [zone("az1")] }),
    image("before", { zones: [] }),
  ];
  const matrix = (status: string | null, why: string | null) => {
    const fault = { status: status ?? "", why, sinceMs: NOW_MS, isConfirmed: true };
    const currentCheck = {
      imageId: "now",
      dueAtMs: NOW_MS,
      goodAtMs: null,
      fault: status === null ? null : fault,
    };
    const state = recipeState({ current: "now", shown: "now", images, currentCheck });
    return zoneMatrix(images.map((each) => viewImage(state, each, null)));
  };

  it("have a column for each zone that one was made for", () => {
    const { zones, rows } = matrix(null, null) ?? { zones: [], rows: [] };
    expect(zones).toEqual(["az1", "az2", "az3"]);
    expect(rows.map(({ cells }) => cells)).toEqual([
      ["awaited", "not_asked", "awaited"],
      ["usable", "usable", "not_asked"],
      ["usable", "not_asked", "not_asked"],
      ["not_asked", "not_asked", "not_asked"],
    ]);
  });

  it.each([
    ["not-in-every-zone", "az2: not there", ["usable", "fails", "not_asked"]],
    ["not-synchronised", "az1: the service says so", ["fails", "usable", "not_asked"]],
    ["deactivated", null, ["fails", "fails", "not_asked"]],
  ])("show where the current one fails: %s", (status, why, cells) => {
    expect(matrix(status, why)?.rows[1]?.cells).toEqual(cells);
  });

  it("are none where no zone is named", () => {
    const state = recipeState({ images: [image("old")] });
    expect(zoneMatrix(state.images.map((each) => viewImage(state, each, null)))).toBeNull();
  });
});
