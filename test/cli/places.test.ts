import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { findPlaces } from "../../local/cli/places.ts";
import { configDocument } from "../../local/view/config.ts";
import { openWorkplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 30_000 });

type Given = Parameters<typeof findPlaces>[0]["given"];

function places(there: string[], given: Given = {}, env: Record<string, string> = {}) {
  const exists = (path: string) => there.includes(path);
  const { recipes, config, data } = findPlaces({ given, env, cwd: "/w", home: "/h", exists });
  return { recipes: recipes.path, config: config.path, data: data.path, from: data.from };
}

const FOLDER = { recipes: "recipes.yml", config: "regild.yml", data: "regild.sqlite" };
const USER = {
  recipes: "/h/.config/regild/recipes.yml",
  config: "/h/.config/regild/regild.yml",
  data: "/h/.local/share/regild/regild.sqlite",
};
const SYSTEM = {
  recipes: "/etc/regild/recipes.yml",
  config: "/etc/regild/regild.yml",
  data: "/var/lib/regild/regild.sqlite",
};

describe("a file is found", () => {
  it.each([
    ["nowhere: in this folder, where it would be made", [], FOLDER],
    ["in this folder before all others", ["/w/recipes.yml", ...Object.values(USER)], FOLDER],
    [
      "in the user's folders before the system's",
      [...Object.values(USER), ...Object.values(SYSTEM)],
      USER,
    ],
    ["in the system's folders", Object.values(SYSTEM), SYSTEM],
  ])("%s", (_case, there, found) => {
    const { recipes, data } = places(there);
    expect({ recipes, data }).toEqual({ recipes: found.recipes, data: found.data });
  });

  it("each by itself", () => {
    expect(places([USER.recipes, SYSTEM.config, SYSTEM.data])).toMatchObject({
      recipes: USER.recipes,
      config: SYSTEM.config,
      data: SYSTEM.data,
    });
  });

  it.each([
    ["the user's", [USER.recipes], USER.data, "user"],
    ["the system's", [SYSTEM.recipes], SYSTEM.data, "system"],
  ])("a new data file is made where %s recipes are", (_case, there, data, from) => {
    expect(places(there)).toMatchObject({ data, from });
  });

  it("no other recipes' data file is used for those of this folder", () => {
    expect(places(["/w/recipes.yml", USER.data, SYSTEM.data]).data).toBe("regild.sqlite");
  });

  it("an option comes before a variable, and both before the search", () => {
    const given: Given = {
      recipes: { path: "r.yml", from: "option" },
      data: { path: "/d.sqlite", from: "variable" },
    };
    expect(places(["/w/recipes.yml", "/w/regild.sqlite"], given)).toMatchObject({
      recipes: "r.yml",
      data: "/d.sqlite",
      from: "variable",
    });
  });

  it("in the folders that XDG variables name, unless they are relative", () => {
    const env = { XDG_CONFIG_HOME: "/xc", XDG_DATA_HOME: "/xd" };
    expect(places(["/xc/regild/recipes.yml"], {}, env)).toMatchObject({
      recipes: "/xc/regild/recipes.yml",
      data: "/xd/regild/regild.sqlite",
    });
    expect(places([USER.recipes], {}, { XDG_CONFIG_HOME: "xc" }).recipes).toBe(USER.recipes);
  });
});

describe("regild config", () => {
  it("tells for each file the path, whether it is there, and who says so", async () => {
    await using place = await openWorkplace({}, { REGILD_CONFIG: "/etc/elsewhere.yml" });
    const { status, out } = await place.regild("config", "--data", "x.sqlite");
    expect(status).toBe(0);
    expect(out).toMatch(/^FILE +PATH +STATE +FROM$/m);
    expect(out).toMatch(/^recipes +\S+\/recipes\.yml +found +this folder$/m);
    expect(out).toMatch(/^config +\/etc\/elsewhere\.yml +not there +REGILD_CONFIG$/m);
    expect(out).toMatch(/^data +\S+\/x\.sqlite +not there +--data$/m);
    expect(out).toMatch(/^clouds +\S+\/clouds\.yaml +found +this folder$/m);
  });

  it("writes the document that the schema describes", async () => {
    await using place = await openWorkplace();
    const { out } = await place.regild("config", "-o", "json");
    const { files } = configDocument.parse(JSON.parse(out));
    expect(files.map(({ file, exists }) => [file, exists])).toEqual([
      ["recipes", true],
      ["config", false],
      ["data", false],
      ["clouds", true],
    ]);
    expect(files[2]?.searched).toEqual([
      join(place.folder, "regild.sqlite"),
      "/nonexistent/.local/share/regild/regild.sqlite",
      "/var/lib/regild/regild.sqlite",
    ]);
  });
});

it("the user's recipes are used from any folder, and their data file is made beside no other's", async () => {
  const home = mkdtempSync(join(tmpdir(), "regild-home-"));
  await using place = await openWorkplace({}, { HOME: home });
  mkdirSync(join(home, ".config/regild"), { recursive: true });
  writeFileSync(join(home, ".config/regild/recipes.yml"), place.read("recipes.yml"));
  rmSync(join(place.folder, "recipes.yml"));
  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });
  const folder = join(home, ".local/share/regild");
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, "regild.sqlite")).isFile()).toBe(true);
  expect((await place.regild("status")).out).toContain("succeeded");
  rmSync(home, { recursive: true });
});

it("without recipes anywhere, the message names the sample and regild config", async () => {
  await using place = await openWorkplace();
  rmSync(join(place.folder, "recipes.yml"));
  const { status, err } = await place.regild("status");
  expect(status).toBe(2);
  expect(err).toContain("recipes.example.yml");
  expect(err).toContain("regild config shows where");
});
