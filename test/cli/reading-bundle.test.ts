import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleReading, type CliBundle } from "../../deploy/cli-bundle.ts";
import { READING_COMMANDS } from "../../local/cli/reading-commands.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";

/** Tells each module of Node that is asked for. */
const TELLS_MODULES = `
require("node:module").registerHooks({
  resolve: (name, context, next) => {
    if (name.startsWith("node:")) process.stderr.write(name + "\\n");
    return next(name, context);
  },
});`;

let folder: string;
let bundle: CliBundle;
const pathOf = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "regild-reading-"));
  bundle = await bundleReading();
  writeFileSync(pathOf("reading.cjs"), bundle.code);
  writeFileSync(pathOf("tells-modules.cjs"), TELLS_MODULES);
  writeFileSync(pathOf("recipes.yml"), "recipes: { serve: { cloud: demo, server: web } }");
  openDatabase(pathOf("regild.sqlite")).close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const node = (...args: string[]) =>
  spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });

it("has nothing that does work or answers requests", () => {
  const files = Object.keys(bundle.metafile.inputs);
  expect(files).toContain("local/cli/commands/status.ts");
  const foreign =
    /^(functions|shared\/(steps|commands))\/|^local\/(page\/|host\.|transport|simulated-cloud)|\/(undici|nodemailer|openid-client)\//;
  expect(files.filter((file) => foreign.test(file))).toEqual([]);
});

it("is what the packaged command takes for these commands", () => {
  const program = readFileSync("local/bin/regild.cjs", "utf8");
  expect(program).toContain(
    `${JSON.stringify(READING_COMMANDS).replaceAll(",", ", ")}.includes(first)`,
  );
});

it.each(READING_COMMANDS)(
  "%s serve loads no other command, where a recipe is called serve",
  (name) => {
    const { stderr } = node("reading.cjs", name, "serve");
    expect(stderr).not.toContain("ERR_MODULE_NOT_FOUND");
  },
);

it("status loads none of Node's modules for networks, secrets and processes", () => {
  const { status, stderr } = node("--require", "./tells-modules.cjs", "reading.cjs", "status");
  expect(status).toBe(0);
  expect(stderr).toContain("node:sqlite");
  expect(stderr).not.toMatch(/node:(?:crypto|https?|net|tls|child_process)$/m);
});
