import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import type * as Undici from "undici";
import { beforeAll, expect, it } from "vitest";
import { bundleCli, type CliBundle } from "../../deploy/cli-bundle.ts";
import { undiciForRequests } from "../../deploy/undici-for-requests.ts";

let bundle: CliBundle;
beforeAll(async () => {
  bundle = await bundleCli();
}, 30_000);

it("is in ASCII: with one other character V8 would keep the whole text in two bytes for each", () => {
  expect(bundle.code.filter((byte) => byte > 0x7f)).toHaveLength(0);
});

it("has nothing of undici's WebSocket, caches, mocks and second parser", () => {
  const ofUndici = Object.keys(bundle.metafile.inputs).filter((file) => file.includes("/undici/"));
  expect(ofUndici.length).toBeGreaterThan(10);
  const left = /\/undici\/lib\/(?:web\/(?:websocket|cache|eventsource)|mock|cache|milo)\//;
  expect(ofUndici.filter((file) => left.test(file))).toEqual([]);
});

it("undici answers as bundled, and has its three parts", async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { Agent, buildConnector, ProxyAgent } from "undici";`,
      resolveDir: ".",
    },
    bundle: true,
    platform: "node",
    format: "cjs",
    write: false,
    plugins: [undiciForRequests],
  });
  const folder = mkdtempSync(join(tmpdir(), "regild-undici-"));
  writeFileSync(join(folder, "undici.cjs"), outputFiles[0]?.contents ?? "");
  const undici: typeof Undici = createRequire(import.meta.url)(join(folder, "undici.cjs"));
  rmSync(folder, { recursive: true });
  expect(undici.ProxyAgent).toEqual(expect.any(Function));
  expect(undici.buildConnector).toEqual(expect.any(Function));

  await using server = createServer((_, answer) => answer.end("as bundled")).listen(0);
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const agent = new undici.Agent();
  const { body } = await agent.request({
    origin: `http://127.0.0.1:${address.port}`,
    path: "/",
    method: "GET",
  });
  expect(await body.text()).toBe("as bundled");
  await agent.close();
});
