import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Host } from "../../local/host.ts";
import { openSmtpMailer } from "../../local/mail/smtp-mailer.ts";
import { randomIds } from "../../local/ids.ts";
import type { Backend } from "../../shared/lambda/backend.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { recipe, timing } from "../unit/builders.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: Date.UTC(2026, 10, 23) });
});
afterEach(() => vi.useRealTimers());

/** A host of one recipe that is due every minute and cannot be refreshed. */
async function openHost({ without = [] }: { without?: string[] } = {}) {
  const db = openDatabase(":memory:");
  const now = () => Date.now();
  const [store, queue] = [new SqliteStore(db), new SqliteQueue(db, now)];
  const told: string[] = [];
  let checks = 0;
  const everyMinute = { cron: "* * * * *", timezone: "UTC" };
  const backend: Backend = {
    store,
    queue,
    clouds: {
      open: () => {
        throw new TypeError("there is no cloud");
      },
    },
    ids: randomIds,
    log: { info: (text) => told.push(text), warn: () => {}, error: (text) => told.push(text) },
    metrics: { put: (values) => (checks += "regild_recipe_overdue" in values ? 1 : 0) },
    timing,
    now,
    installationId: "home01home02",
    recipes: new Map([["web", recipe({ schedule: [everyMinute], deadlineMs: 0 })]]),
    senders: async () => new Map(),
    chat: async () => new Map(),
    callbacks: async () => new Map(),
    targets: async () => new Map(),
    mailer: openSmtpMailer(),
    outgoing: { send: async () => ({ kind: "failure", sent: false, reason: "no network" }) },
  };
  const host = await Host.start({ backend, queue, without });
  return {
    pass: (minutes: number) => vi.advanceTimersByTimeAsync(minutes * 60_000),
    checks: () => checks,
    told: (text: string) => told.filter((one) => one === text).length,
    [Symbol.asyncDispose]: async () => {
      await host.stop();
      db.close();
    },
  };
}

it("does with every tick what AWS does every minute, and all else as seldom as AWS", async () => {
  await using host = await openHost();
  await host.pass(14);
  expect(host.told("started by schedule")).toBe(14);
  expect(host.checks()).toBe(1);
  await host.pass(32);
  expect(host.checks()).toBe(4);
  expect(host.told("recipe is overdue")).toBe(1);
});

it("leaves out what it is to leave out", async () => {
  await using host = await openHost({ without: ["on-schedule", "check-freshness"] });
  await host.pass(20);
  expect(host.told("started by schedule")).toBe(0);
  expect(host.checks()).toBe(0);
});
