import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const REGILD = fileURLToPath(new URL("../../local/bin/regild.cjs", import.meta.url));
const MOST_MS = 60_000;

/** What the demo puts into the folder for temporary files, it is to take away again. */
const folder = mkdtempSync(join(tmpdir(), "regild-demo-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The demo with its output piped. @param interruptAt a text of its progress upon which Ctrl-C is pressed. */
function demo({ interruptAt = "" } = {}) {
  const child = spawn(process.execPath, [REGILD, "demo"], {
    env: { PATH: process.env["PATH"], TMPDIR: folder, NODE_DISABLE_COMPILE_CACHE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    const isNew = !output.err.includes(interruptAt);
    output.err += text;
    if (isNew && output.err.includes(interruptAt)) child.kill("SIGINT");
  });
  return new Promise<{ out: string; err: string; status: number | null }>((resolve) => {
    child.on("close", (status) => resolve({ ...output, status }));
  });
}

describe("the demo", { timeout: MOST_MS }, () => {
  it("refreshes three images twice, and says what became of each", async () => {
    const { out, err, status } = await demo();
    expect(err).not.toContain("Not as it should be");
    expect(status).toBe(0);
    expect(out + err).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(readdirSync(folder)).toEqual([]);

    expect(out).toMatch(/^ {2}retire-images +Glance deleted the old image\.$/m);
    expect(out).toMatch(/^ {2}restore-source +Nova started web-golden\.$/m);
    expect(out).toMatch(/^ {2}promote-image .*Glance set the tag regild-current-web;/m);
    const rows = tableRows(out);
    const [firstWeb, firstDb, firstData, ...second] = rows;
    expect(rows.map((row) => row[0])).toEqual(["web", "db", "data", "web", "db", "data"]);
    expect(rows.slice(0, 3).map((row) => row[2])).toEqual(["–", "–", "–"]);
    const firstImages = [firstWeb, firstDb, firstData].map((row) => row?.[1]);
    expect(second.map((row) => row[2])).toEqual(firstImages);
    expect(second.map((row) => row[4])).toEqual(["1 image", "1 image, 1 snapshot", "1 image"]);
    for (const [recipe, image, , zones, , calls, seconds] of rows) {
      expect(image).toMatch(new RegExp(`^${recipe}-\\d{8}-\\w{6}$`));
      expect(zones).toBe("az1");
      expect(Number(calls)).toBeGreaterThan(10);
      expect(Number(seconds)).toBeGreaterThan(0);
    }
  });

  it("tells each step that is over, once", async () => {
    const { err } = await demo({ interruptAt: "db  ✓ clean-up-snapshots" });
    const lines = err.split("\n").filter((line) => line.startsWith("db  ✓"));
    expect(lines.map((line) => line.split(/\s+/)[2])).toEqual([
      "prepare-source",
      "create-image",
      "check-status",
      "restore-source",
      "validate-sync",
      "promote-image",
      "retire-images",
      "clean-up-snapshots",
    ]);
  });

  it("tidies away when it is interrupted", async () => {
    const { err, status } = await demo({ interruptAt: "check-status" });
    expect(status).toBe(130);
    expect(err).toContain("Interrupted");
    expect(readdirSync(folder)).toEqual([]);
  });
});

function tableRows(out: string): string[][] {
  const lines = out.split("\n");
  const start = lines.findIndex((line) => line.startsWith("RECIPE"));
  const end = lines.indexOf("", start);
  return lines.slice(start + 1, end).map((line) => line.split(/ {2,}/));
}
