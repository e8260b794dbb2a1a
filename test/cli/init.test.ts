import { existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { recipeText, suggestedName } from "../../local/cli/init/recipe-text.ts";
import { errorDocument } from "../../local/view/document.ts";
import { initDocument } from "../../local/view/init.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import { openWorkplace, type Program, type Workplace } from "./workplace.ts";

/** Without the recipes that other tests want. */
async function emptyPlace(program?: Program): Promise<Workplace> {
  const place = await openWorkplace({}, { TERM: "xterm" }, program);
  rmSync(join(place.folder, "recipes.yml"));
  return place;
}

const hasRecipes = (place: Workplace) => existsSync(join(place.folder, "recipes.yml"));

describe("regild init off a terminal", () => {
  it("writes a recipe that the next command it names can refresh", async () => {
    await using place = await emptyPlace();
    const written = await place.regild("init", "--cloud", "demo", "--server", "web");
    expect(written).toMatchObject({ status: 0, err: "" });
    expect(place.read("recipes.yml")).toBe("recipes:\n  web:\n    cloud: demo\n    server: web\n");
    expect(written.out).toContain(`Wrote ${join(place.folder, "recipes.yml")}:`);
    const next = /regild (refresh .*?) {2}/.exec(written.out)?.[1]?.trim() ?? "";
    expect(await place.regild(...next.split(" "))).toMatchObject({ status: 0 });
    expect(statSync(join(place.folder, "recipes.yml")).mode & 0o044).toBe(0o044);
  });

  it("takes a volume, a name, a schedule and a number, and says them in JSON", async () => {
    await using place = await emptyPlace();
    const args = ["--volume", "data", "--name", "db", "--schedule", "0 4 * * SUN", "--keep", "5"];
    const zone = ["--timezone", "Europe/Berlin"];
    const { status, out } = await place.regild("init", ...args, ...zone, "-o", "json");
    expect(status).toBe(0);
    const document = initDocument.parse(JSON.parse(out));
    expect(document).toMatchObject({
      file: join(place.folder, "recipes.yml"),
      recipe: "db",
      next: ["regild doctor", "regild refresh db --wait"],
    });
    const read = loadRecipes(place.read("recipes.yml"), "");
    expect("recipes" in read && read.recipes.get("db")).toMatchObject({
      source: { kind: "volume", idOrName: "data" },
      schedule: [{ cron: "0 4 * * SUN", timezone: "Europe/Berlin" }],
      keep: 5,
    });
  });

  it("overwrites nothing", async () => {
    await using place = await emptyPlace();
    place.write("recipes.yml", "mine");
    place.write("other.yml", "mine too");
    for (const file of [[], ["--recipes", "other.yml"]]) {
      const { status, out } = await place.regild("init", "--server", "web", "-o", "json", ...file);
      expect(status).toBe(2);
      expect(errorDocument.parse(JSON.parse(out)).error.code).toBe("recipes-exist");
    }
    expect([place.read("recipes.yml"), place.read("other.yml")]).toEqual(["mine", "mine too"]);
  });

  it("writes where --recipes says", async () => {
    await using place = await emptyPlace();
    const args = ["init", "--server", "web", "--recipes", "other.yml"];
    const { out } = await place.regild(...args);
    expect(out).toContain("regild refresh web --wait --recipes other.yml");
    expect(hasRecipes(place)).toBe(false);
    expect(place.read("other.yml")).toContain("server: web");
  });

  it("names a server by its id where two have its name", async () => {
    await using place = await emptyPlace();
    const image = place.cloud.operator.addImage({ name: "another" });
    const { id } = place.cloud.operator.addServer({ name: "web", image });
    const ambiguous = await place.regild("init", "--server", "web");
    expect(ambiguous.status).toBe(2);
    expect(ambiguous.err).toContain("2 servers are named web");
    expect(ambiguous.err).toContain(id);
    expect(await place.regild("init", "--server", id)).toMatchObject({ status: 0 });
    expect(place.read("recipes.yml")).toContain(`server: ${id}   # web`);
  });

  const mistakes: Array<[what: string, args: string[], says: string]> = [
    ["no source", [], "Servers: web. Volumes: data"],
    ["an unknown server", ["--server", "wep"], "Did you mean web?"],
    ["an unknown volume", ["--volume", "zzzzzz"], "It has: data"],
    ["an unknown cloud", ["--cloud", "other", "--server", "web"], "It has: demo"],
    ["two sources", ["--server", "web", "--volume", "data"], "cannot be used with"],
    ["a broken schedule", ["--server", "web", "--schedule", "30 2 *"], "five fields"],
    ["an unknown zone", ["--server", "web", "--timezone", "Berlin"], "is not a time zone"],
    ["a wrong number", ["--server", "web", "--keep", "0"], "is not a number from 1 to 100"],
    ["a wrong name", ["--server", "web", "--name", "Web Server"], "is not a recipe name"],
  ];
  it.each(mistakes)("refuses %s, says what to write, and writes nothing", async (_, args, says) => {
    await using place = await emptyPlace();
    const { status, err } = await place.regild("init", ...args);
    expect(status).toBe(2);
    expect(err).toContain(says);
    expect(hasRecipes(place)).toBe(false);
  });

  it("asks for --cloud where there are several, and says what it looked for where there is none", async () => {
    await using place = await emptyPlace();
    const clouds = place.read("clouds.yaml");
    const [, ...entry] = clouds.split("\n");
    place.write("clouds.yaml", clouds + entry.join("\n").replace("demo:", "other:"));
    const several = await place.regild("init", "--server", "web");
    expect(several).toMatchObject({ status: 2 });
    expect(several.err).toContain("Write --cloud and one of: demo, other");
    expect(await place.regild("init", "--server", "web", "--os-cloud", "other")).toMatchObject({
      status: 0,
    });

    rmSync(join(place.folder, "clouds.yaml"));
    rmSync(join(place.folder, "recipes.yml"));
    const none = await place.regild("init", "--server", "web");
    expect(none).toMatchObject({ status: 2 });
    expect(none.err).toContain(join(place.folder, "clouds.yaml"));
    expect(none.err).toContain("regild demo --serve");
  });

  it("a refused sign-in writes nothing", async () => {
    await using place = await emptyPlace();
    place.write("clouds.yaml", place.read("clouds.yaml").replace("demo-secret", "wrong"));
    expect(await place.regild("init", "--server", "web")).toMatchObject({ status: 1 });
    expect(hasRecipes(place)).toBe(false);
  });
});

describe("regild init on a terminal", () => {
  const regild = fileURLToPath(new URL("../../local/bin/regild.cjs", import.meta.url));
  const onTerminal = [
    "script",
    "--quiet",
    "--return",
    "--command",
    `stty cols 100 rows 30; "${process.execPath}" "${regild}" init`,
    "/dev/null",
  ] as const;

  it("lists what there is, and asks again until an answer is good", async () => {
    await using place = await emptyPlace(onTerminal);
    const asking = place.begin();
    const answer = async (question: string, text: string) => {
      await asking.said(question);
      asking.type(`${text}\n`);
    };
    await answer("(1–2):", "7");
    await answer("Write the number in front", "1");
    await answer("Name of the recipe [web]:", "");
    await answer("Schedule, as in crontab", "30 2 *");
    await answer("is not five fields", "30 2 * * *");
    await answer("Time zone of the schedule [UTC]:", "Europe/Berlin");
    await answer("Images to keep, the current one counted [3]:", "4");
    const { status, out } = await asking.ended;
    expect(status).toBe(0);
    expect(out).toMatch(/1 {2}server {2}web +ACTIVE/);
    expect(out).toMatch(/2 {2}volume {2}data +available/);
    expect(place.read("recipes.yml")).toBe(
      `recipes:
  web:
    cloud: demo
    server: web
    schedule: [{ cron: "30 2 * * *", timezone: Europe/Berlin }]
    keep: 4
`,
    );
  });

  it("Ctrl-C writes nothing", async () => {
    await using place = await emptyPlace(onTerminal);
    const asking = place.begin();
    await asking.said("(1–2):");
    asking.type("\u0003");
    const { status, out } = await asking.ended;
    expect(status).toBe(130);
    expect(out).toContain("Nothing was written.");
    expect(hasRecipes(place)).toBe(false);
  });
});

describe("the text of a recipe", () => {
  const NAMES = [
    "web",
    "123",
    "yes",
    "null",
    "0x1f",
    "1.5",
    "a: b # c",
    "- x",
    "it's",
    '"q"',
    "{a}",
    "[b]",
    "*a",
    "&a",
    "!t",
    "%",
    "@x",
    "größe",
    "x".repeat(200),
  ];
  it.each(NAMES)("means the server %j", (idOrName) => {
    const text = recipeText({
      name: "web",
      cloud: idOrName,
      kind: "server",
      idOrName,
      comment: null,
      schedule: null,
      keep: null,
    });
    const read = loadRecipes(text, "");
    expect("recipes" in read && read.recipes.get("web")).toMatchObject({
      cloud: idOrName,
      source: { idOrName },
    });
  });

  it.each([
    ["web-golden", "web"],
    ["Shop Server", "shop"],
    ["db_root", "db"],
    ["golden", "golden"],
    ["日本", null],
    ["x".repeat(60), "x".repeat(40)],
  ])("by a server %s the recipe is called %s", (server, recipe) => {
    expect(suggestedName(server)).toBe(recipe);
  });
});
