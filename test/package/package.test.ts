import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import * as z from "zod/mini";
import type { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { regildVersion } from "../../local/version.ts";
import { openWorkplace } from "../cli/workplace.ts";
import { NO_PROGRAMS_ON_THE_PATH, programs } from "./programs.ts";
import { deliver, SENDERS, webhookOf } from "./webhook.ts";

const MIB = 1024 ** 2;

describe("the tarball", () => {
  const entries = execFileSync("tar", ["-tzf", inject("tarball")], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((entry) => entry.replace(/^package\//, ""));

  it("holds the command, its schema and licences, and no source or test", () => {
    expect(entries.toSorted()).toEqual([
      "LICENSE",
      "README.md",
      "dist/cli/THIRD-PARTY-NOTICES.txt",
      "dist/cli/quick.cjs",
      "dist/cli/reading.cjs",
      "dist/cli/regild.cjs",
      "local/bin/regild.cjs",
      "package.json",
      "recipes.example.yml",
      "recipes.schema.json",
    ]);
    expect(statSync(inject("tarball")).size).toBeLessThan(2 * MIB);
  });

  it("installs alone: no other package, no install script, 10 MiB at most", () => {
    const modules = join(inject("installed"), "node_modules");
    expect(readdirSync(modules).filter((name) => !name.startsWith("."))).toEqual(["regild"]);
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(modules, "regild/package.json"), "utf8")));
    expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
    const kib = execFileSync("du", ["-sk", modules], { encoding: "utf8" });
    expect(Number.parseInt(kib, 10) * 1024).toBeLessThan(10 * MIB);
  });
});

const RECIPES = `
recipes:
  web: { cloud: demo, server: web, webhook: { sender: ci, event: release } }
`;
describe.each(programs)("with %s", (_, program) => {
  const opened = (settings = {}) => openWorkplace(settings, NO_PROGRAMS_ON_THE_PATH, program);

  it("says its version, and no warning of Node", async () => {
    await using place = await opened();
    expect(await place.regild("--version")).toEqual({
      status: 0,
      out: `${regildVersion()}\n`,
      err: "",
    });
  });

  it("answers --help and --version from a small file as the whole command does", async () => {
    await using place = await opened();
    const help = await place.regild("--help");
    expect(help).toEqual(await place.regild("help"));
    expect(await place.regild("--version")).toMatchObject({
      status: 0,
      out: `${regildVersion()}\n`,
    });
  });

  it("takes an image without a host, and shows it", async () => {
    await using place = await opened();
    const refreshed = await place.regild("refresh", "web", "--wait");
    expect(refreshed).toMatchObject({ status: 0 });
    expect(refreshed.err).not.toContain("Warning");
    const [image, ...others] = currentImages(place.cloud);
    expect(others).toEqual([]);
    expect((await place.regild("status")).out).toContain(image?.name);
  });

  it("starts a run by webhook under serve, is killed, and goes on where it was", async () => {
    await using place = await opened({ uploadSeconds: () => 3 });
    place.write("recipes.yml", RECIPES);
    place.write("regild.yml", SENDERS);
    const killed = place.begin("serve", "--listen", "127.0.0.1:0");
    expect((await deliver(await webhookOf(killed))).status).toBe(202);
    await expect.poll(() => uploads(place.cloud), { timeout: 20_000 }).toBe(1);
    killed.kill("SIGKILL");
    await killed.ended;

    const again = place.begin("serve", "--listen", "127.0.0.1:0");
    await webhookOf(again);
    const waited = await place.regild("refresh", "web", "--wait");
    expect(waited).toMatchObject({ status: 0 });
    expect(uploads(place.cloud)).toBe(0);
    expect(currentImages(place.cloud)).toHaveLength(1);
    again.kill("SIGTERM");
    expect(await again.ended).toMatchObject({ status: 0 });
  });
});

function imagesOf(cloud: SimulatedCloud) {
  return [...cloud.world.firstZone.images.values()];
}

const currentImages = (cloud: SimulatedCloud) =>
  imagesOf(cloud).filter(({ tags }) => tags.includes("regild-current-web"));

const uploads = (cloud: SimulatedCloud) =>
  imagesOf(cloud).filter(({ status }) => status !== "active").length;

it.each(["x64", "arm64"])("the executable for %s has its checksum beside it", (architecture) => {
  const file = inject("executable").replace("x64", architecture);
  expect(existsSync(file)).toBe(true);
  const folder = join(file, "..");
  const check = execFileSync("sha256sum", ["-c", `${file}.sha256`], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(check).toContain(": OK");
});
