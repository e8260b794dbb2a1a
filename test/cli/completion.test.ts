import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { wantedAt } from "../../local/cli/completion/wanted.ts";
import { regildProgram } from "../../local/cli/program.ts";
import { versionDocument } from "../../local/view/version.ts";
import { regildVersion } from "../../local/version.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 180_000 });

const program = await regildProgram(() => () => Promise.resolve(), "all");
const at = (line: string) => wantedAt(program, line.split(" "));
const values = (line: string) => at(line).candidates.map(({ value }) => value);

describe("the word under the cursor", () => {
  it("is a command, and no hidden one", () => {
    expect(values("")).toEqual(expect.arrayContaining(["refresh", "status", "completion"]));
    expect(values("")).not.toEqual(expect.arrayContaining(["__complete", "adopt"]));
    expect(values("-o json ")).toContain("refresh");
    expect(values("recipes ")).toContain("check");
  });

  it("is an option of the command or of all", () => {
    expect(values("runs --")).toEqual(expect.arrayContaining(["--since", "--data", "--help"]));
    expect(values("runs --")).not.toContain("--timeout");
  });

  it.each([
    ["runs --state ", "failed"],
    ["runs --state=", "failed"],
    ["runs --state = f", "failed"],
    ["-o ", "json"],
    ["status -f ", "value"],
    ["completion ", "fish"],
  ])("of %j is one of the choices", (line, value) => expect(values(line)).toContain(value));

  it.each([
    ["refresh ", "recipes"],
    ["refresh web ", "recipes"],
    ["images --limit 3 ", "recipes"],
    ["status ", "runs"],
    ["cancel --wait ", "runs"],
    ["watch a b ", "runs"],
    ["recipes check ", "files"],
    ["--data ", "files"],
    ["doctor --cloud ", "clouds"],
    ["refresh --os-cloud=", "clouds"],
    ["refresh --timeout ", null],
    ["images web ", null],
    ["init --name ", null],
  ])("of %j is one of the %s", (line, names) => expect(at(line).names).toBe(names));
});

/** A folder with a recipe, a run and `regild` on the path. */
async function openShell(): Promise<{ place: Workplace; env: NodeJS.ProcessEnv }> {
  const place = await openWorkplace();
  const bin = join(place.folder, "bin");
  mkdirSync(bin);
  const script = fileURLToPath(new URL("../../local/bin/regild.cjs", import.meta.url));
  const text = `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`;
  writeFileSync(join(bin, "regild"), text, { mode: 0o755 });
  const env = { PATH: `${bin}:${process.env["PATH"]}`, HOME: place.folder, TERM: "dumb" };
  return { place, env };
}

const isThere = (shell: string) => spawnSync(shell, ["-c", "exit 0"]).status === 0;

describe.concurrent("completion in a real shell", () => {
  it("bash: commands, recipes, ids of runs, choices; nothing typed is run", async () => {
    const { place, env } = await openShell();
    await using _place = place;
    await place.regild("refresh", "web", "--wait");
    const complete = (...words: string[]): string[] => {
      const list = words.map((word) => `'${word}'`).join(" ");
      const lines = [
        "set -u",
        "source <(regild completion bash); source <(regild completion bash)",
        `COMP_WORDS=(regild ${list}); COMP_CWORD=${words.length}`,
        '_regild; printf "%s\\n" "${COMPREPLY[@]}"',
      ];
      const args = ["--norc", "-c", lines.join("\n")];
      return execFileSync("bash", args, { cwd: place.folder, env, encoding: "utf8" })
        .trim()
        .split("\n");
    };
    expect(complete("refr")).toEqual(["refresh"]);
    expect(complete("refresh", "")).toEqual(["web", "data"]);
    expect(complete("status", "web-")).toEqual([expect.stringMatching(/^web-\d{8}-\d{6}-\w{6}$/)]);
    expect(complete("runs", "--state", "=", "f")).toEqual(["failed"]);
    place.write("other.yml", "recipes: { elsewhere: { cloud: demo, server: web } }");
    expect(complete("--recipes", "other.yml", "refresh", "")).toEqual(["elsewhere"]);
    complete("refresh", "$(touch typed)", "; touch typed", "`touch typed`");
    expect(() => place.read("typed")).toThrow("ENOENT");
  });

  it.skipIf(!isThere("fish"))("fish: with what each is", async () => {
    const { place, env } = await openShell();
    await using _place = place;
    const complete = (line: string): string[] => {
      const script = `regild completion fish | source; complete -C '${line}'`;
      return execFileSync("fish", ["--no-config", "-c", script], {
        cwd: place.folder,
        env,
        encoding: "utf8",
      })
        .trim()
        .split("\n");
    };
    expect(complete("regild refr")).toEqual([expect.stringMatching(/^refresh\tstart a run/)]);
    expect(complete("regild refresh d")).toEqual(["data\trecipe of volume data"]);
    expect(complete("regild --recipes rec")).toContain("recipes.yml");
  });

  it.skipIf(!isThere("zsh"))("zsh: what is typed after a TAB", async () => {
    const { place, env } = await openShell();
    await using _place = place;
    place.write(
      "drive.zsh",
      `zmodload zsh/zpty
zpty -b shell zsh -f -i
say() { zpty -w shell "$1"; }
say 'PS1=; autoload -Uz compinit; compinit -D -u; source <(regild completion zsh); echo rea""dy'
zpty -m -r shell seen '*ready*'
zpty -w -n shell $'echo regild; regild refresh da\\t'
sleep 8
zpty -w -n shell $'\\x01: \\n echo do""ne\\n'
zpty -m -r shell seen '*done*'
print -r -- "$seen"
`,
    );
    const out = execFileSync("zsh", ["-f", "drive.zsh"], {
      cwd: place.folder,
      env,
      encoding: "utf8",
    });
    expect(out).toContain("regild refresh data");
  });
});

describe("regild --version", () => {
  it.each([
    [["--version", "-o", "json"]],
    [["-f", "json", "-V"]],
    [["status", "--version", "--output=json"]],
  ])("is a document with %j", async (args) => {
    await using place = await openWorkplace();
    const { status, out } = await place.regild(...args);
    expect(status).toBe(0);
    expect(versionDocument.parse(JSON.parse(out))).toMatchObject({ version: regildVersion() });
  });

  it("is a line, whatever else is asked for", async () => {
    await using place = await openWorkplace();
    for (const args of [["-V"], ["-o", "value", "--version"]]) {
      expect(await place.regild(...args)).toEqual({
        status: 0,
        out: `${regildVersion()}\n`,
        err: "",
      });
    }
  });
});
