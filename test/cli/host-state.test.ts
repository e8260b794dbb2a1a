import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { hostNeedsYou } from "../../local/cli/text/host.ts";
import { Heartbeat } from "../../local/heartbeat.ts";
import { randomIds } from "../../local/ids.ts";
import { hostSchema, viewHost } from "../../local/view/host.ts";
import { statusDocument } from "../../local/view/status.ts";
import { runDocument } from "../../local/view/run-report.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { NOW_MS } from "./records.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 180_000 });

const SCHEDULED =
  'recipes: { web: { cloud: demo, server: web, schedule: [{ cron: "0 3 1 1 *" }] } }';

async function statusOf(place: Workplace) {
  const { status, out } = await place.regild("status", "--check", "-o", "json");
  return { status, ...statusDocument.parse(JSON.parse(out)) };
}

async function serve(place: Workplace) {
  const host = place.begin("serve", "--listen", "127.0.0.1:0");
  await host.said("serving");
  const [line = ""] = host.out().split("\n");
  return { host, url: z.object({ url: z.string() }).parse(JSON.parse(line)).url };
}

describe.concurrent("the state of the host", () => {
  it("running: status, its JSON and /healthz tell since when, and the check passes", async () => {
    await using place = await openWorkplace();
    place.write("recipes.yml", SCHEDULED);
    const { host, url } = await serve(place);
    const told = await statusOf(place);
    expect(told).toMatchObject({ status: 0, host: { state: "running", kind: "serve" } });
    expect((await place.regild("status")).out).toMatch(/host: running since today \d\d:\d\d/);
    const health = await fetch(`${url}/healthz`);
    expect(health.status).toBe(200);
    const body = z.object({ ok: z.boolean(), host: hostSchema }).parse(await health.json());
    expect(body).toMatchObject({ ok: true, host: { state: "running", since: told.host?.since } });
    host.kill("SIGTERM");
    expect((await host.ended).status).toBe(0);
    const stopped = await statusOf(place);
    expect(stopped).toMatchObject({ status: 7, host: { state: "not_seen", holds_lock: false } });
    expect(stopped.host?.stopped_at).not.toBeNull();
  });

  it("killed with a run under way: nobody works on it, since when, and the command", async () => {
    await using place = await openWorkplace({ uploadSeconds: () => 600 });
    const { host } = await serve(place);
    expect((await place.regild("refresh", "web")).status).toBe(0);
    await vi.waitFor(
      async () => expect((await place.regild("status")).out).toContain("check-status"),
      { timeout: 20_000, interval: 500 },
    );
    expect((await place.regild("status", "--check")).status).toBe(0);
    host.kill("SIGKILL");
    await host.ended;

    const all = await place.regild("status", "--check");
    expect(all.status).toBe(7);
    expect(all.out).toMatch(/check-status, nobody works on it since today \d\d:\d\d/);
    expect(all.out).toMatch(/host: none runs, last seen \d+ s ago/);
    expect(all.err).toContain("No host works: 1 run under way. Start one: regild serve");

    const one = await place.regild("status", "web", "--check");
    expect(one.status).toBe(7);
    expect(one.out).toMatch(/nobody works on it since today/);
    expect(one.out).toContain("regild serve, or only this run: regild refresh web --wait");
    expect((await place.regild("runs")).out).toMatch(/nobody works on it since today/);

    const told = await statusOf(place);
    expect(told).toMatchObject({
      host: { state: "not_seen", stopped_at: null },
      runs_under_way: 1,
    });
    const { out } = await place.regild("status", "web", "-o", "json");
    const { run } = runDocument.parse(JSON.parse(out));
    expect(run.nobody_works_since).toBe(told.recipes[0]?.last_run?.nobody_works_since);
    const since = Date.parse(run.nobody_works_since ?? "");
    expect(since).toBeGreaterThanOrEqual(Date.parse(told.host?.last_seen ?? ""));
    expect(run.expected_left_seconds).toBeNull();
  });

  it("a command that does the work itself counts as working, until it ends", async () => {
    await using place = await openWorkplace({ uploadSeconds: () => 600 });
    const watching = place.begin("refresh", "web", "--wait");
    await watching.said("● check-status");
    const told = await statusOf(place);
    expect(told).toMatchObject({ status: 0, host: { state: "running", kind: "command" } });
    expect(told.recipes[0]?.last_run?.nobody_works_since).toBeNull();
    watching.kill("SIGKILL");
    await watching.ended;
    expect(await statusOf(place)).toMatchObject({ status: 7, host: { state: "not_seen" } });
  });

  it("none needed: no schedule and no run under way is no reason to worry", async () => {
    await using place = await openWorkplace();
    expect((await place.regild("refresh", "web", "--wait")).status).toBe(0);
    expect((await place.regild("status", "--check")).status).toBe(0);
    place.write("recipes.yml", SCHEDULED);
    const scheduled = await place.regild("status", "--check");
    expect(scheduled.status).toBe(7);
    expect(scheduled.err).toContain("No host works: 1 recipe with a schedule. Start one");
  });
});

describe("a host that has the lock of the data file", () => {
  const on = () => {
    const store = new SqliteStore(openDatabase(":memory:"));
    const beatAt = (ms: number) => new Heartbeat({ store, ids: randomIds, now: () => ms }, "serve");
    return { store, beatAt };
  };

  it.each([
    ["works", 20_000, "running", null],
    ["is at the schedules of ten thousand recipes", 4 * 60_000, "running", null],
    [
      "does nothing any more: it is stopped, or waits for ever",
      6 * 60_000,
      "not_seen",
      /has done nothing for 6 min: 1 run under way. Stop it and start/,
    ],
  ])("and %s", async (_case, agoMs, state, needs) => {
    const { store, beatAt } = on();
    await beatAt(NOW_MS - agoMs).beat();
    const host = await viewHost(store, { isLocked: true, nowMs: NOW_MS });
    expect(host).toMatchObject({ state, holds_lock: true });
    const underWay = { host, runs_under_way: 1, recipes: [] };
    expect(hostNeedsYou(underWay, NOW_MS) ?? "").toMatch(needs ?? /^$/);
  });

  it("of a version that writes no heartbeat works all the same", async () => {
    const host = await viewHost(on().store, { isLocked: true, nowMs: NOW_MS });
    expect(host).toMatchObject({ state: "running", since: null });
  });

  it("is none where nobody has the lock, however recent its heartbeat", async () => {
    const { store, beatAt } = on();
    expect(await viewHost(store, { isLocked: false, nowMs: NOW_MS })).toMatchObject({
      state: "none",
    });
    await beatAt(NOW_MS).beat();
    expect(await viewHost(store, { isLocked: false, nowMs: NOW_MS })).toMatchObject({
      state: "not_seen",
    });
  });
});

describe.concurrent("without a data file", () => {
  it.each([
    ["status"],
    ["status", "--check"],
    ["status", "web"],
    ["runs"],
    ["images", "web"],
    ["cancel", "web"],
    ["retry"],
    ["retry", "--all"],
    ["status", "--data", "elsewhere/regild.sqlite"],
  ])("regild %s %s %s says so, makes none, and ends with 1", async (...args) => {
    await using place = await openWorkplace();
    const { status, out, err } = await place.regild(...args);
    expect(status).toBe(1);
    expect(out).toBe("");
    const file = args.at(-1)?.includes("elsewhere") ? "elsewhere/regild.sqlite" : "regild.sqlite";
    expect(err).toContain(`No data file at ${join(place.folder, file)}`);
    expect(err).toContain("--data FILE");
    expect(existsSync(join(place.folder, file))).toBe(false);
    expect(existsSync(join(place.folder, `${file}.host`))).toBe(false);
  });

  it("the error has a code of its own in JSON", async () => {
    await using place = await openWorkplace();
    const { status, out } = await place.regild("status", "--check", "-o", "json");
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: "no-data-file" } });
  });

  it("refresh without --wait finds no host, and makes no file either", async () => {
    await using place = await openWorkplace();
    expect(await place.regild("refresh", "web")).toMatchObject({ status: 6 });
    expect(existsSync(join(place.folder, "regild.sqlite"))).toBe(false);
  });

  it("the first refresh --wait and serve make it, and say where", async () => {
    await using place = await openWorkplace();
    const said = `There is no data file at ${join(place.folder, "regild.sqlite")} yet: making it.`;
    const first = await place.regild("refresh", "web", "--wait");
    expect(first).toMatchObject({ status: 0, err: expect.stringContaining(said) });
    expect((await place.regild("refresh", "web", "--wait")).err).not.toContain("making it");
    const host = place.begin("serve", "--listen", "127.0.0.1:0", "--data", "other.sqlite");
    await host.said("other.sqlite yet: making it.");
  });
});
