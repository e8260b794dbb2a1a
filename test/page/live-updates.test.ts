import { mkdtempSync, rmSync } from "node:fs";
import { type ClientRequest, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { bearer, openSite, type OpenedSite } from "../access/opened-site.ts";
import { recipeState } from "../cli/records.ts";
import { putState } from "./filled-store.ts";

const SOON = { timeout: 5_000, interval: 20 };

let folder: string;
let site: OpenedSite;
const open: ClientRequest[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "regild-live-"));
  const liveTimes = { apartMs: 50, lookMs: 50, beatMs: 100 };
  site = await openSite({ liveTimes, dataFile: join(folder, "regild.sqlite") });
});
afterEach(async () => {
  for (const each of open.splice(0)) each.destroy();
  site.live.close();
  await site.close();
  rmSync(folder, { recursive: true });
});

interface Listening {
  status: number;
  headers: Record<string, unknown>;
  events: () => number;
  isEnded: () => boolean;
  leave: () => void;
}

function listen(headers: Record<string, string> = {}): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const sent = request(`${site.url}/events`, { headers, agent: false }, (response) => {
      let text = "";
      let isEnded = false;
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("error", () => {});
      response.on("close", () => (isEnded = true));
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        events: () => text.split("data: changed").length - 1,
        isEnded: () => isEnded,
        leave: () => sent.destroy(),
      });
    });
    sent.on("error", reject);
    open.push(sent);
    sent.end();
  });
}

it("a write of the host, and one of another process, is told to who listens", async () => {
  const { status, headers, events } = await listen();
  expect([status, headers["content-type"]]).toEqual([200, "text/event-stream"]);
  await putState(site.store, recipeState());
  await expect.poll(events, SOON).toBe(1);
  const other = new SqliteStore(openDatabase(join(folder, "regild.sqlite")));
  await putState(other, recipeState({ recipeName: "db" }));
  await expect.poll(events, SOON).toBe(2);
});

it("a data file that cannot be read for a while ends nothing", async () => {
  const { events } = await listen();
  let asked = 0;
  site.store.othersWrites = () => {
    asked++;
    throw new Error("disk I/O error");
  };
  await expect.poll(() => asked, SOON).toBeGreaterThan(1);
  Reflect.deleteProperty(site.store, "othersWrites");
  const other = new SqliteStore(openDatabase(join(folder, "regild.sqlite")));
  await putState(other, recipeState({ recipeName: "db" }));
  await expect.poll(events, SOON).toBe(1);
});

it("many writes at once are one event", async () => {
  const { events } = await listen();
  const names = Array.from({ length: 50 }, (_, index) => `r${index}`);
  await Promise.all(names.map((name) => putState(site.store, recipeState({ recipeName: name }))));
  await expect.poll(events, SOON).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(events()).toBe(1);
});

it("whoever goes is forgotten", async () => {
  const listening = await Promise.all([listen(), listen(), listen()]);
  expect(site.live.size).toBe(3);
  for (const { leave } of listening) leave();
  await expect.poll(() => site.live.size, SOON).toBe(0);
});

it("more than can listen are told to ask again and again, until somebody goes", async () => {
  const listening = await Promise.all(Array.from({ length: 64 }, () => listen()));
  expect((await listen()).status).toBe(204);
  listening[0]?.leave();
  await expect.poll(() => site.live.size, SOON).toBe(63);
  expect((await listen()).status).toBe(200);
});

it("a token of some recipes is not told when others change", async () => {
  const { text } = await site.token("admin", { recipes: ["web"] });
  expect((await listen(bearer(text))).status).toBe(204);
  expect((await listen(bearer("regild_nope"))).status).toBe(401);
});

it("a token that is revoked hears no more", async () => {
  const { text, id } = await site.token("read");
  const { isEnded, status } = await listen(bearer(text));
  expect(status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(isEnded()).toBe(false);
  await site.revoke(id);
  await expect.poll(isEnded, SOON).toBe(true);
  expect(site.live.size).toBe(0);
});

it("the end of the host ends the connections", async () => {
  const { isEnded } = await listen();
  site.live.close();
  await expect.poll(isEnded, SOON).toBe(true);
});
