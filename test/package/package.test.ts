import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import * as z from "zod/mini";
import type { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { regildVersion } from "../../local/version.ts";
import { githubSignature } from "../unit/webhook/sign.ts";
import { openWorkplace, type Program, type Running } from "../cli/workplace.ts";

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
      "dist/cli/regild.cjs",
      "local/bin/regild.mjs",
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

const script = join(inject("installed"), "node_modules/regild/local/bin/regild.mjs");
const programs: Array<[name: string, program: Program]> = [
  ...Object.entries(inject("nodes")).map(([version, node]): [string, Program] => [
    `Node ${version}`,
    [node, script],
  ]),
  ["no Node, as the single executable", [inject("executable")]],
];

const SECRET = "the secret of the build system";
const RECIPES = `
recipes:
  web: { cloud: demo, server: web, webhook: { sender: ci, event: release } }
`;
const SENDERS = `senders: { ci: { scheme: github, secrets: [${SECRET}] } }\n`;
const NO_PROGRAMS_ON_THE_PATH = { PATH: "/nonexistent" };

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

async function webhookOf(host: Running): Promise<string> {
  await host.said("Webhooks: POST ");
  const [line = ""] = host.out().split("\n");
  const { webhooks } = z.looseObject({ webhooks: z.array(z.string()) }).parse(JSON.parse(line));
  return webhooks[0] ?? "";
}

async function deliver(url: string): Promise<Response> {
  const body = "{}";
  return fetch(url, {
    method: "POST",
    headers: {
      "X-GitHub-Event": "release",
      "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
      "X-Hub-Signature-256": githubSignature(SECRET, body),
    },
    body,
  });
}

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
