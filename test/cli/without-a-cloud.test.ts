import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { recipesCheckDocument } from "../../local/view/checks.ts";
import { errorDocument } from "../../local/view/document.ts";
import { regildProgram } from "../../local/cli/program.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 30_000 });

const TEN_MISTAKES = new URL("../unit/fixtures/ten-mistakes.yml", import.meta.url);

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
});
afterAll(() => place[Symbol.asyncDispose]());

describe.concurrent("regild recipes check", () => {
  it("lists every problem with its line, and starts nothing", async () => {
    place.write("mistakes.yml", readFileSync(TEN_MISTAKES, "utf8"));
    const { status, out } = await place.regild("recipes", "check", "mistakes.yml");
    expect(status).toBe(2);
    const lines = out.trimEnd().split("\n");
    expect(lines).toHaveLength(11);
    expect(lines[3]).toBe("mistakes.yml:14:5   db.shedule: unknown key. Did you mean schedule?");
    expect(lines.at(-1)).toBe("10 problems in 4 recipes. Nothing was started.");
    expect(existsSync(join(place.folder, "regild.sqlite"))).toBe(false);
  });

  it("writes the document that the schema describes", async () => {
    place.write("mistakes.yml", readFileSync(TEN_MISTAKES, "utf8"));
    const { out } = await place.regild("recipes", "check", "mistakes.yml", "-o", "json");
    const { problems } = recipesCheckDocument.parse(JSON.parse(out));
    expect(problems).toHaveLength(10);
    expect(problems[3]).toMatchObject({ line: 14, column: 5, path: "db.shedule" });
  });

  it("is content with a good file", async () => {
    expect(await place.regild("recipes", "check")).toMatchObject({
      status: 0,
      out: "2 recipes, no problems\n",
    });
  });

  it("shows what a schedule with both day fields does, and does not fail", async () => {
    const schedule = '[{ cron: "0 3 1-7 * SUN" }, { cron: "0 4 8-14 * 1" }]';
    place.write(
      "days.yml",
      `recipes: { a: { cloud: demo, server: web, schedule: ${schedule} } }\n`,
    );
    const { status, out } = await place.regild("recipes", "check", "days.yml");
    expect(status).toBe(0);
    expect(out).toMatch(
      /^days\.yml:1:\d+ {2}a\.schedule: warning: "0 3 1-7 \* SUN" starts a run on/,
    );
    expect(out).toContain('write "0 3 * * SUN#1"');
    expect(out).toContain('write "0 4 * * 1#2"');
    expect(out).toMatch(/1 recipe, no problems, 1 warning\n$/);
  });

  it("lists warnings apart from problems", async () => {
    const schedule = '[{ cron: "0 3 1-7 * SUN" }]';
    place.write("sun.yml", `recipes: { a: { cloud: demo, server: web, schedule: ${schedule} } }\n`);
    const { status, out } = await place.regild("recipes", "check", "sun.yml", "-o", "json");
    expect(status).toBe(0);
    const { problems, warnings, recipes } = recipesCheckDocument.parse(JSON.parse(out));
    expect({ problems, recipes }).toEqual({ problems: [], recipes: ["a"] });
    expect(warnings).toMatchObject([{ line: 1, path: "a.schedule" }]);
  });

  it("names the right spelling of a word that JMESPath reads as a field", async () => {
    const webhook = "webhook: { sender: ci, event: x, when: 'conclusion != \"failure\"' }";
    place.write("words.yml", `recipes: { a: { cloud: demo, server: web, ${webhook} } }\n`);
    const { status, out } = await place.regild("recipes", "check", "words.yml");
    expect(status).toBe(2);
    expect(out).toContain('compares with "failure", which JMESPath reads as the name of a field');
    expect(out).toContain("Write 'failure' for the text");
  });

  it("says when there is no such file", async () => {
    const { status, err } = await place.regild("recipes", "check", "nosuch.yml");
    expect(status).toBe(2);
    expect(err).toContain("nosuch.yml");
    expect(err).toContain("--recipes FILE");
  });
});

describe.concurrent("wrong usage is refused with status 2 and a remedy", () => {
  it.each([
    ["a misspelt command", ["stauts"], /unknown command 'stauts'\n\(Did you mean status\?\)/],
    ["a misspelt recipe", ["refresh", "wep", "--wait"], /Did you mean web\?/],
    [
      "a run that is not there",
      ["status", "web-20261122", "--data", "empty.sqlite"],
      /No recipe or run/,
    ],
  ])("%s", async (_case, args, message) => {
    openDatabase(join(place.folder, "empty.sqlite")).close();
    const { status, out, err } = await place.regild(...args);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it("as a document on stdout where one was asked for", async () => {
    const { status, out } = await place.regild("refresh", "wep", "-o", "json");
    expect(status).toBe(2);
    expect(errorDocument.parse(JSON.parse(out)).error).toMatchObject({
      code: "wrong-usage",
      message: "No recipe is named wep",
      remedy: "Did you mean web?",
    });
  });
});

describe("arguments", () => {
  const read = async (...args: string[]) => {
    const program = await regildProgram(() => () => Promise.resolve(), args);
    return program.parseAsync(args, { from: "user" });
  };

  it.each([
    ["an unknown option", ["status", "--chek"], /unknown option '--chek'\n\(Did you mean --check/],
    ["a missing name", ["cancel"], /missing required argument 'run'/],
    ["one name too many", ["cancel", "a", "b"], /too many arguments/],
    ["a limit that is none", ["runs", "--limit", "many"], /Write a whole number from 1/],
    ["a limit of nothing", ["images", "web", "--limit", "0"], /Write a whole number from 1/],
    ["a duration without unit", ["refresh", "web", "--timeout", "5"], /Write 5h, 5m or 5s/],
    [
      "two values for one input",
      ["refresh", "web", "--input", "version=1", "--input", "version=2"],
      /Input version has a value already/,
    ],
    ["an address without port", ["serve", "--listen", "127.0.0.1"], /Write host:port/],
    ["a port that is none", ["serve", "--listen", "127.0.0.1:99999"], /Write host:port/],
    ["webhooks at a socket", ["serve", "--listen-webhooks", "/run/a.sock"], /Write host:port/],
    ["an unknown format", ["runs", "-o", "xml"], /Allowed choices are table, json, jsonl/],
  ])("are refused: %s", async (_case, args, message) => {
    await expect(read(...args)).rejects.toThrow(message);
  });

  it.each([
    [["serve", "--listen", "[::1]:0"]],
    [["serve", "--listen", "/run/regild.sock", "--listen-webhooks", "0.0.0.0:8322"]],
    [["refresh", "web", "--timeout", "1h30m"]],
    [["status", "-o", "json", "--check"]],
    [["-o", "json", "runs", "web", "--limit", "3", "--data", "x.sqlite"]],
  ])("are understood: %j", async (args) => {
    await expect(read(...args)).resolves.toBeDefined();
  });
});

describe.concurrent("a data file", () => {
  it("of another version is refused with status 1", async () => {
    const db = new DatabaseSync(join(place.folder, "newer.sqlite"));
    db.exec("PRAGMA user_version = 999");
    db.close();
    const { status, err } = await place.regild("serve", "--data", "newer.sqlite");
    expect(status).toBe(1);
    expect(err).toMatch(/newer\.sqlite.*another version/);
  });

  it.each([
    ["that cannot be made", "nosuch/regild.sqlite", /Give write permission on its folder/],
    ["that is none", "other.txt", /It is some other file/],
  ])("%s is refused with status 1", async (_case, file, remedy) => {
    writeFileSync(join(place.folder, "other.txt"), "something else entirely, and long enough\n");
    const { status, err } = await place.regild("refresh", "web", "--wait", "--data", file);
    expect(status).toBe(1);
    expect(err).toMatch(remedy);
  });
});

it("tells by --help what each command does, and what its exit statuses mean", async () => {
  const { status, out } = await place.regild("refresh", "--help");
  expect(status).toBe(0);
  expect(out).toContain("regild refresh web --wait");
  expect(out).toMatch(/3 +the run failed/);
});
