import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Block, blocksOf, commandsOf, unlike } from "./blocks.ts";

vi.setConfig({ testTimeout: 180_000 });

/** A folder, with `regild` on the path as its installation puts it there. */
let folder = "";
const terminals: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "regild-tutorial-"));
  const program = fileURLToPath(new URL("../../local/bin/regild.cjs", import.meta.url));
  mkdirSync(join(folder, ".bin"));
  const command = `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`;
  writeFileSync(join(folder, ".bin/regild"), command, { mode: 0o755 });
});

afterAll(async () => {
  for (const terminal of terminals.toReversed()) {
    if (terminal.exitCode !== null || terminal.pid === undefined) continue;
    process.kill(-terminal.pid, "SIGINT");
    await once(terminal, "close");
  }
  rmSync(folder, { recursive: true });
});

/** A shell, and what it has printed so far. */
function begin(script: string) {
  const { PATH = "" } = process.env;
  const shell = spawn("bash", ["-euc", script], {
    cwd: folder,
    env: {
      PATH: `${join(folder, ".bin")}:${PATH}`,
      HOME: folder,
      NO_COLOR: "1",
      COLUMNS: "200",
      TZ: "UTC",
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  terminals.push(shell);
  let printed = "";
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const observe = () => {
        if (printed.includes(text)) resolve();
      };
      shell.stdout.on("data", observe);
      shell.stderr.on("data", observe);
      shell.on("close", () => reject(new Error(`never printed ${text}, but:\n${printed}`)));
      observe();
    });
  const keep = (chunk: Buffer) => (printed += chunk.toString());
  shell.stdout.on("data", keep);
  shell.stderr.on("data", keep);
  const ended = once(shell, "close").then(([status]) => ({ status: Number(status), printed }));
  return { said, ended, printed: () => printed };
}

const page = blocksOf("docs/tutorial.md");
const take = (language: string): Block => {
  const at = page.findIndex((block) => block.language === language);
  const [block] = page.splice(at, 1);
  if (block === undefined || at === -1) throw new Error(`the page has no more ${language}`);
  return block;
};

function takeCommand() {
  const [shown, ...others] = commandsOf(take("console"));
  if (shown === undefined || others.length > 0) throw new Error("the block has not one command");
  return shown;
}

describe("docs/tutorial.md does as it says", () => {
  it("1. a cloud", async () => {
    const { command, lines } = takeCommand();
    const demo = begin(command);
    await demo.said("regild init");
    expect(unlike(lines, demo.printed(), folder)).toBeNull();
  });

  it("2. a recipe", async () => {
    const { command, lines } = takeCommand();
    const { status, printed } = await begin(command).ended;
    expect(status).toBe(0);
    expect(unlike(lines, printed, folder)).toBeNull();
    expect(await begin("regild doctor && regild recipes check").ended).toMatchObject({ status: 0 });
  });

  it("3. the first image", async () => {
    const { command, lines } = takeCommand();
    const { status, printed } = await begin(command).ended;
    expect(status).toBe(0);
    expect(unlike(lines, printed, folder)).toBeNull();
  });

  it("4. every night, 5. from a build system, 6. how it stands", async () => {
    const recipes = join(folder, "recipes.yml");
    appendFileSync(recipes, take("yaml").text);
    appendFileSync(recipes, "    webhook: { sender: ci, event: release }\n");
    writeFileSync(join(folder, "regild.yml"), take("yaml").text);
    chmodSync(join(folder, "regild.yml"), 0o600);

    const [schedule = "", serve = "", ...more] = take("sh").text.trimEnd().split("\n");
    expect(more).toEqual([]);
    const starts = await begin(schedule).ended;
    expect(starts).toMatchObject({ status: 0, printed: expect.stringContaining("02:30") });
    // The ports of the page may be taken here.
    const host = begin(`${serve} --listen 127.0.0.1:0`);
    await host.said('"webhooks"');
    const [address = ""] = /http:\/\/[\d.:]+(?=\/webhooks)/.exec(host.printed()) ?? [];

    const delivery = take("sh").text;
    expect(delivery).toContain("http://127.0.0.1:8322/");
    const delivered = await begin(delivery.replace("http://127.0.0.1:8322", address)).ended;
    expect(delivered.printed).toContain('"recipe":"web"');
    expect(delivered).toMatchObject({
      status: 0,
      printed: expect.stringContaining("Current for web"),
    });

    const stands = await begin(take("sh").text).ended;
    expect(stands).toMatchObject({
      status: 0,
      printed: expect.stringMatching(/host: running since/),
    });
    expect(readFileSync(recipes, "utf8")).toContain("stop_server: true");
    expect(page).toEqual([]);
  });
});
