import { Ajv } from "ajv";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { recipesJsonSchema } from "../../shared/recipe/json-schema.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import { recipeSchema } from "../../shared/recipe/recipe.ts";
import { theRecipe } from "./recipe-text.ts";

const HOUR_MS = 3_600_000;

function atRoot(file: string): string {
  return readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
}

describe("a recipe", () => {
  it("of four lines gets every default", () => {
    expect(theRecipe()).toEqual({
      name: "web",
      cloud: "mycloud",
      region: null,
      source: { kind: "server", idOrName: "web-golden" },
      allowSource: null,
      capture: "server",
      schedule: [],
      webhook: null,
      prepare: {
        stopServer: false,
        stopTimeoutMs: 600_000,
        allowLive: false,
        waitForShutoffMs: null,
        restore: null,
        hook: null,
      },
      image: {
        name: "${{ recipe }}-${{ date }}-${{ short_id }}",
        properties: {},
        version: null,
        osVersion: null,
        minDiskGib: null,
        minRamMib: null,
        diskFormat: null,
        visibility: "private",
        protected: false,
      },
      keep: 3,
      coolingOffMs: 72 * HOUR_MS,
      deadlineMs: 6 * HOUR_MS,
      maxDeletes: 5,
      inputs: {},
      keepNewerThanMs: 0,
      pauseAfterFailures: 5,
      zones: [],
      settleMs: 0,
      testBoot: null,
      vaultId: null,
      promote: "auto",
      approveWithinMs: 172_800_000,
      ifRunning: "join",
      callback: null,
      commitStatus: null,
      notifications: [],
      afterPromote: null,
      freshWithinMs: null,
      skipUnchanged: null,
      sharing: { members: [], unshareRetired: false },
      jitterMs: 0,
      maxParallel: null,
    });
  });

  it("says all it can say", () => {
    const lines = [
      "region_name: RegionOne",
      "server: 7c1e2f60-8a41-4d7e-9b0c-2f6f0a6a51d3",
      "capture: root_volume",
      "timezone: Europe/Berlin",
      'schedule: [{ cron: "30 2 * * *" }, { cron: "0 4 * * SUN", timezone: UTC }]',
      "webhook: { sender: ci, event: Pipeline Hook, when: \"branch == 'main'\" }",
      "prepare: { stop_server: true, stop_timeout: 20m }",
      'image: { name: "db-${{ seq }}", properties: { os_distro: ubuntu, "hw:x y": "1" }, min_disk: 20,',
      "  min_ram: 0, disk_format: qcow2, visibility: shared }",
      "keep: 5",
      "cooling_off: 0s",
      "deadline: 8h",
      "max_deletes: 2",
      "zones:",
      "  az1: { region_name: RegionOne }",
      "  az2: { endpoint: https://image.example/v2 }",
      "  far: { cloud: elsewhere, region_name: RegionTwo }",
      "  copy: { region_name: RegionThree, distribute: true }",
      "  sent: { region_name: RegionFour, distribute: stream }",
      "  farther: { cloud: elsewhere, distribute: true }",
      "settle: 10m",
      "if_running: join",
      "promote: auto",
    ];
    expect(theRecipe(lines.join("\n"))).toEqual({
      name: "web",
      cloud: "mycloud",
      region: "RegionOne",
      source: { kind: "server", idOrName: "7c1e2f60-8a41-4d7e-9b0c-2f6f0a6a51d3" },
      allowSource: null,
      capture: "root_volume",
      schedule: [
        { cron: "30 2 * * *", timezone: "Europe/Berlin" },
        { cron: "0 4 * * SUN", timezone: "UTC" },
      ],
      webhook: {
        sender: "ci",
        event: "Pipeline Hook",
        when: "branch == 'main'",
        minGapMs: 3_600_000,
      },
      prepare: {
        stopServer: true,
        stopTimeoutMs: 1_200_000,
        allowLive: false,
        waitForShutoffMs: null,
        restore: null,
        hook: null,
      },
      image: {
        name: "db-${{ seq }}",
        properties: { os_distro: "ubuntu", "hw:x y": "1" },
        version: null,
        osVersion: null,
        minDiskGib: 20,
        minRamMib: 0,
        diskFormat: "qcow2",
        visibility: "shared",
        protected: false,
      },
      keep: 5,
      coolingOffMs: 0,
      deadlineMs: 8 * HOUR_MS,
      maxDeletes: 2,
      inputs: {},
      keepNewerThanMs: 0,
      pauseAfterFailures: 5,
      zones: [
        {
          name: "az1",
          region: "RegionOne",
          endpoint: null,
          cloud: null,
          distribute: false,
          streamed: false,
          store: null,
        },
        {
          name: "az2",
          region: null,
          endpoint: "https://image.example/v2",
          cloud: null,
          distribute: false,
          streamed: false,
          store: null,
        },
        {
          name: "far",
          region: "RegionTwo",
          endpoint: null,
          cloud: "elsewhere",
          distribute: false,
          streamed: false,
          store: null,
        },
        {
          name: "copy",
          region: "RegionThree",
          endpoint: null,
          cloud: null,
          distribute: true,
          streamed: false,
          store: null,
        },
        {
          name: "sent",
          region: "RegionFour",
          endpoint: null,
          cloud: null,
          distribute: true,
          streamed: true,
          store: null,
        },
        {
          name: "farther",
          region: null,
          endpoint: null,
          cloud: "elsewhere",
          distribute: true,
          streamed: true,
          store: null,
        },
      ],
      settleMs: 600_000,
      testBoot: null,
      vaultId: null,
      promote: "auto",
      approveWithinMs: 172_800_000,
      ifRunning: "join",
      callback: null,
      commitStatus: null,
      notifications: [],
      afterPromote: null,
      freshWithinMs: null,
      skipUnchanged: null,
      sharing: { members: [], unshareRetired: false },
      jitterMs: 0,
      maxParallel: null,
    });
  });

  it.each([
    ["server: a", "server", null],
    ["server: a\ncapture: root_volume", "root_volume", "raw"],
    ["volume: a", "volume", "raw"],
    ["volume: a\ncapture: snapshot", "snapshot", "raw"],
  ])("%j is captured by %s, as %s", (lines, capture, diskFormat) => {
    const recipe = theRecipe(lines);
    expect(recipe.capture).toBe(capture);
    expect(recipe.image.diskFormat).toBe(diskFormat);
  });

  it("survives being stored and read again", () => {
    const recipe = theRecipe("volume: a\nkeep: 2\nwebhook: { sender: ci, event: done }");
    expect(recipe.webhook).toEqual({
      sender: "ci",
      event: "done",
      when: null,
      minGapMs: 3_600_000,
    });
    expect(recipeSchema.parse(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
  });

  it("that was stored before there were webhooks has none", () => {
    const { webhook: _, ...stored } = theRecipe();
    expect(recipeSchema.parse(stored)).toEqual(theRecipe());
  });
});

describe("defaults", () => {
  const head = [
    "defaults:",
    "  keep: 7",
    "  server: other",
    "  deadline: 1h",
    "  prepare: { stop_server: true, stop_timeout: 5m }",
    "  image: { disk_format: qcow2, min_disk: 10, properties: { os_distro: debian, a: b } }",
    "",
  ].join("\n");

  it("give way to the recipe's own, key by key", () => {
    const recipe = theRecipe(
      "keep: 2\nprepare: { stop_timeout: 9m }\nimage: { min_disk: 20, properties: { os_distro: ubuntu } }",
      head,
    );
    expect(recipe.keep).toBe(2);
    expect(recipe.deadlineMs).toBe(HOUR_MS);
    expect(recipe.prepare).toEqual({
      stopServer: true,
      stopTimeoutMs: 540_000,
      allowLive: false,
      waitForShutoffMs: null,
      restore: null,
      hook: null,
    });
    expect(recipe.image.minDiskGib).toBe(20);
    expect(recipe.image.properties).toEqual({ os_distro: "ubuntu", a: "b" });
  });

  it("give no source to a recipe that has one", () => {
    const recipe = theRecipe("volume: disk\nprepare: { stop_server: false }", head);
    expect(recipe.source).toEqual({ kind: "volume", idOrName: "disk" });
    expect(theRecipe("keep: 1", head).source).toEqual({ kind: "server", idOrName: "other" });
  });

  it("give a webhook as a whole", () => {
    const head = "defaults: { webhook: { sender: ci, event: done, when: draft } }\n";
    expect(theRecipe("", head).webhook).toEqual({
      sender: "ci",
      event: "done",
      when: "draft",
      minGapMs: 3_600_000,
    });
    expect(theRecipe("webhook: { sender: ci, event: x }", head).webhook?.when).toBeNull();
  });

  it("give a disk format only to recipes that upload", () => {
    expect(theRecipe("", head).image.diskFormat).toBeNull();
    expect(theRecipe("capture: root_volume", head).image.diskFormat).toBe("qcow2");
  });
});

describe("a file", () => {
  it("keeps its recipes apart and in order, anchors and aliases included", () => {
    const text = [
      "recipes:",
      "  b: &b { cloud: c, server: s, image: &image { min_disk: 1 } }",
      "  a: { cloud: c, volume: v, image: *image }",
      "  c: *b",
    ].join("\r\n");
    const loaded = loadRecipes(text, "recipes.yml");
    const recipes = "recipes" in loaded ? [...loaded.recipes.values()] : [];
    expect(recipes.map(({ name, source, image }) => [name, source.kind, image.minDiskGib])).toEqual(
      [
        ["b", "server", 1],
        ["a", "volume", 1],
        ["c", "server", 1],
      ],
    );
  });

  it("may hold thousands of recipes that share an anchor", () => {
    const recipes = Array.from(
      { length: 3_000 },
      (_, n) => `  r${n}: { server: s${n}, image: *i }`,
    );
    const text = `defaults: { cloud: c, image: &i { min_disk: 1 } }\nrecipes:\n${recipes.join("\n")}`;
    const loaded = loadRecipes(text, "recipes.yml");
    expect("recipes" in loaded && loaded.recipes.size).toBe(3_000);
  });

  it("that the repository shows as an example is good", () => {
    const loaded = loadRecipes(atRoot("recipes.example.yml"), "recipes.example.yml");
    expect("recipes" in loaded ? [...loaded.recipes.keys()] : loaded.problems).toEqual([
      "web",
      "shop",
      "data",
      "db",
    ]);
  });
});

it("the JSON Schema in the repository is the one of the loader (npm run schema)", () => {
  expect(atRoot("recipes.schema.json")).toBe(recipesJsonSchema());
});

it.each([
  [{ server: "web" }, []],
  [{ volume: "web" }, []],
  [{ server: "web", volume: "web" }, ["/recipes/web/volume"]],
  ["web", ["/recipes/web"]],
])("the JSON Schema, of a recipe %j, names the field that is wrong", (recipe, wrong) => {
  const check = new Ajv().compile(JSON.parse(atRoot("recipes.schema.json")));
  check({ recipes: { web: recipe } });
  expect((check.errors ?? []).map((each) => each.instancePath)).toEqual(wrong);
});
