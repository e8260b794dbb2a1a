import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { HOUR_MS } from "../cli/records.ts";
import { CLIENT_SECRET } from "./real-provider.ts";
import { openScene, type Scene, wordsOf } from "./scene.ts";
import { Visit } from "./visit.ts";

let scene: Scene;
afterEach(() => scene[Symbol.asyncDispose]());

/** So many strangers begin a sign-in at the same time. */
const beginAll = async (count: number) =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const { status } = await new Visit().ask(`${scene.site.url}/sign-in/oidc`);
      return status;
    }),
  );
const discoveries = () =>
  scene.provider.asked.filter((path) => path.endsWith("/.well-known/openid-configuration")).length;

it("many who begin at once, at first and an hour later, read the provider's document once", async () => {
  scene = await openScene();
  expect(await beginAll(5)).toEqual([303, 303, 303, 303, 303]);
  expect(discoveries()).toBe(1);
  scene.site.clock.nowMs += HOUR_MS - 1;
  expect([await beginAll(5), discoveries()]).toEqual([Array(5).fill(303), 1]);
  scene.site.clock.nowMs += 1;
  expect([await beginAll(5), discoveries()]).toEqual([Array(5).fill(303), 2]);
});

it("a provider that fails is asked once in ten seconds, however many begin", async () => {
  scene = await openScene();
  scene.set({ issuer: `${scene.provider.issuer}/realms/none` });
  expect([await beginAll(5), discoveries()]).toEqual([Array(5).fill(502), 1]);
  scene.site.clock.nowMs += 9_999;
  expect([await beginAll(5), discoveries()]).toEqual([Array(5).fill(502), 1]);
  scene.site.clock.nowMs += 1;
  expect([await beginAll(5), discoveries()]).toEqual([Array(5).fill(502), 2]);
  scene.set({ issuer: scene.provider.issuer });
  expect([await beginAll(2), discoveries()]).toEqual([[303, 303], 3]);
});

it("a client secret that cannot be read is read again ten seconds later", async () => {
  const folder = mkdtempSync(join(tmpdir(), "regild-oidc-"));
  const file = join(folder, "secret");
  scene = await openScene({ hasSecret: false, settings: { client_secret_file: file } });
  expect(await beginAll(2)).toEqual([502, 502]);
  writeFileSync(file, CLIENT_SECRET);
  expect(await beginAll(2)).toEqual([502, 502]);
  scene.site.clock.nowMs += 10_000;
  expect(await beginAll(2)).toEqual([303, 303]);
  expect((await scene.signIn("anna")).status).toBe(200);
  rmSync(folder, { recursive: true });
});

it("eight codes are traded at once, and a ninth person tries again", async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  scene = await openScene({ held });
  const visits = Array.from({ length: 9 }, () => new Visit());
  const callbacks: string[] = [];
  for (const visit of visits) callbacks.push(await scene.callback("anna", visit));
  const arrive = (at: number) => (visits[at] ?? new Visit()).ask(callbacks[at] ?? "");
  const eight = Array.from({ length: 8 }, (_each, at) => arrive(at));
  const trading = () => scene.provider.asked.filter((path) => path === "/token").length;
  await expect.poll(trading, { timeout: 4_000 }).toBe(8);

  // Without a limit the ninth would wait for the provider too.
  setTimeout(release, 1_000);
  const ninth = await arrive(8);
  expect([ninth.status, wordsOf(ninth)]).toEqual([
    503,
    expect.stringContaining("Too many sign-ins at once, try again"),
  ]);
  release();
  expect((await Promise.all(eight)).map(({ status }) => status)).toEqual(Array(8).fill(200));
  expect((await arrive(8)).status).toBe(200);
});

it("failed trades make room again", async () => {
  scene = await openScene();
  for (let at = 0; at < 9; at++) {
    const url = new URL(await scene.callback("anna"));
    url.searchParams.set("code", "wrong");
    expect((await scene.visit.ask(url.href)).status).toBe(400);
  }
  expect((await scene.signIn("anna")).status).toBe(200);
});
