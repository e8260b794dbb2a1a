import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TestProject } from "vitest/node";
import { regildVersion } from "../../local/version.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The tarball of `npm pack`. */
    tarball: string;
    /** A folder in which nothing but the tarball was installed. */
    installed: string;
    /** Where Node 22 and Node 24 of npm are, by their version. */
    nodes: Record<string, string>;
    executable: string;
  }
}

/** The oldest Node that the package allows, the newest of its line, and the one that a clone runs on. */
const NODES = ["22.19.0", "22", "24"];

/** Packs, builds the single executable, and installs the tarball and each Node, once for all tests. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "regild-packed-"));
  const npm = (...args: string[]) =>
    execFileSync("npm", [...args, "--no-audit", "--no-fund"], { stdio: "pipe" });
  const emptyFolder = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path);
    writeFileSync(join(path, "package.json"), "{}");
    return path;
  };

  npm("run", "build:executable");
  npm("pack", "--pack-destination", folder);
  const tarball = join(folder, `regild-${regildVersion()}.tgz`);
  const installed = emptyFolder("installed");
  npm("install", "--prefix", installed, tarball);
  const nodes: Array<[string, string]> = NODES.map((version) => {
    const prefix = emptyFolder(`node-${version}`);
    npm("install", "--prefix", prefix, `node@${version}`);
    return [version, join(prefix, "node_modules/node/bin/node")];
  });

  project.provide("tarball", tarball);
  project.provide("installed", installed);
  project.provide("nodes", Object.fromEntries(nodes));
  project.provide("executable", resolve(`dist/executables/regild-${regildVersion()}-linux-x64`));
  return () => rmSync(folder, { recursive: true });
}
