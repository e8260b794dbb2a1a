import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { regildVersion } from "../local/version.ts";
import { bundleCli } from "./cli-bundle.ts";

const ARCHITECTURES = ["x64", "arm64"] as const;
const OUT = "dist/executables";

/** Marks where Node looks for the program, see Node.js documentation, Single executable applications. */
const SENTINEL_FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

const folder = mkdtempSync(join(tmpdir(), "regild-executable-"));
try {
  mkdirSync(OUT, { recursive: true });
  const program = await programBlob(folder);
  for (const architecture of ARCHITECTURES) {
    const file = join(OUT, `regild-${regildVersion()}-linux-${architecture}`);
    copyFileSync(nodeFor(architecture, folder), file);
    const inject = [file, "NODE_SEA_BLOB", program, "--sentinel-fuse", SENTINEL_FUSE];
    execFileSync("node_modules/.bin/postject", inject, { stdio: "pipe" });
    const content = readFileSync(file);
    const digest = createHash("sha256").update(content).digest("hex");
    writeFileSync(`${file}.sha256`, `${digest}  ${basename(file)}\n`);
    console.log(`${file} ${(content.length / 1024 ** 2).toFixed(0)} MB`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** No code cache and no snapshot: both are of one processor, and the program is for all. */
async function programBlob(inFolder: string): Promise<string> {
  const main = join(inFolder, "regild.cjs");
  const output = join(inFolder, "regild.blob");
  const config = join(inFolder, "sea.json");
  writeFileSync(main, (await bundleCli()).code);
  writeFileSync(config, JSON.stringify({ main, output, disableExperimentalSEAWarning: true }));
  execFileSync(process.execPath, ["--experimental-sea-config", config], { stdio: "pipe" });
  return output;
}

/** The Node of the same version as this one, for another processor, from its npm package. */
function nodeFor(architecture: string, inFolder: string): string {
  const name = `node-linux-${architecture}`;
  const packed = execFileSync(
    "npm",
    ["pack", `${name}@${process.versions.node}`, "--silent", "--pack-destination", inFolder],
    { encoding: "utf8" },
  );
  const to = join(inFolder, name);
  mkdirSync(to);
  execFileSync("tar", ["-xzf", resolve(inFolder, packed.trim()), "-C", to]);
  return join(to, "package", "bin", "node");
}
