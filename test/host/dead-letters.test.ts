import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { Host } from "../../local/host.ts";
import { openSmtpMailer } from "../../local/mail/smtp-mailer.ts";
import { randomIds } from "../../local/ids.ts";
import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { asHttp } from "../../local/simulated-cloud/in-process.ts";
import { seededRandom } from "../../local/simulated-cloud/random.ts";
import type { Backend } from "../../shared/lambda/backend.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import { deadLetters, type DeadLetter } from "../../shared/protocol/dead-letter.ts";
import { retryDeadLetter } from "../../shared/protocol/retry-dead-letter.ts";
import { start } from "../../shared/protocol/start.ts";
import { runSchema } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { sourceKey } from "../../shared/source/item.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { configOf } from "../contract/simulated-target.ts";
import { recipe, sourceItem, timing } from "../unit/builders.ts";

const MAX_ROUNDS = 400;

/** A host whose clock is set forward by hand: what waits for its next receive is due at once. */
async function openHost({ without = [] }: { without?: string[] } = {}) {
  let aheadMs = 0;
  let mistake: Error | null = new TypeError("image is undefined");
  const now = () => Date.now() + aheadMs;
  const cloud = new SimulatedCloud({ now, random: seededRandom(1) });
  const base = cloud.operator.addImage({ name: "debian-12" });
  const server = cloud.operator.addServer({ name: "web-golden", image: base });
  const configs = new Map([["mycloud", configOf(cloud, cloud.demo)]]);
  const clouds = openClouds(configs, { http: () => asHttp(cloud), now, timing });
  const db = openDatabase(":memory:");
  const [store, queue] = [new SqliteStore(db), new SqliteQueue(db, now)];
  const backend: Backend = {
    store,
    queue,
    clouds: {
      open: (ref, seen) => {
        if (mistake !== null) throw mistake;
        return clouds.open(ref, seen);
      },
    },
    ids: randomIds,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    metrics: { put: () => {} },
    timing,
    now,
    installationId: "home01home02",
    recipes: new Map(),
    senders: async () => new Map(),
    chat: async () => new Map(),
    callbacks: async () => new Map(),
    targets: async () => new Map(),
    mailer: openSmtpMailer(),
    outgoing: { send: async () => ({ kind: "failure", sent: false, reason: "no network" }) },
  };
  const host = await Host.start({ backend, queue, without });
  return {
    store,
    queue,
    backend,
    server,
    fix: () => {
      mistake = null;
    },
    letters: () => deadLetters(store, now()),
    until: async (done: () => Promise<boolean>) => {
      for (let round = 0; !(await done()); round++) {
        if (round === MAX_ROUNDS) throw new Error("it never came to that");
        aheadMs += 20_000;
        await sleep(50);
        cloud.settle();
      }
    },
    [Symbol.asyncDispose]: async () => {
      await host.stop();
      db.close();
    },
  };
}

const only = ([deadLetter, ...others]: DeadLetter[]): DeadLetter => {
  if (deadLetter === undefined || others.length > 0) throw new Error("there is one dead letter");
  return deadLetter;
};

it.concurrent("a run that no check can process ends failed, with the error in its report", async () => {
  await using on = await openHost();
  const trigger = { kind: "command", by: "anna", id: "t1" } as const;
  const id = await start(on.backend, "home01home02", recipe(), trigger);
  const record = async () => {
    const item = await on.store.get(runKey(id));
    return runSchema.parse(JSON.parse(item?.doc ?? ""));
  };
  await on.until(async () => (await record()).outcome !== null);
  const run = await record();
  expect(run).toMatchObject({
    outcome: "failed",
    failure: { code: "internal-error", step: "prepare-source" },
  });
  expect(run.failure?.message).toContain("TypeError: image is undefined (tried 5 times)");
  expect(only(await on.letters())).toMatchObject({ id, done: "failed", queue: "prepare-source" });
  expect(on.queue.length("dead-letters")).toBe(0);
}, 30_000);

it.concurrent("what is not ours is kept with the queue it was in, and leaves the queues", async () => {
  await using on = await openHost();
  await on.queue.putBack("check-status", '{"Event":"s3:TestEvent"}');
  await on.until(async () => (await on.letters()).length > 0);
  expect(only(await on.letters())).toMatchObject({
    done: "not_ours",
    queue: "check-status",
    body: '{"Event":"s3:TestEvent"}',
  });
  await on.until(async () => on.queue.length("dead-letters") === 0);
  expect(on.queue.length("check-status")).toBe(0);
}, 30_000);

it.concurrent("a stopped server that nobody could look at is started again once the dead letter is put back", async () => {
  await using on = await openHost({ without: ["sweep"] });
  on.server.vmState = "stopped";
  const { id } = on.server;
  const key = sourceKey(id);
  const pending = sourceItem({ id, wishedPower: "ACTIVE", reconcileAtMs: 0 });
  const write = { key, writeId: "w", sweepAtMs: 0, day: null, expiresAtMs: null };
  await on.store.commit({ ...write, doc: JSON.stringify(pending) }, 0);
  await on.backend.queue.send("restore-source", { key, version: 1 }, 0);
  await on.until(async () => (await on.letters()).length > 0);
  const deadLetter = only(await on.letters());
  expect(deadLetter).toMatchObject({
    id,
    kind: "source",
    done: "left",
    error: { name: "TypeError" },
  });

  on.fix();
  const put = (queue: string, body: string) => on.queue.putBack(queue, body);
  expect(await retryDeadLetter(on.backend, deadLetter, put)).toMatchObject({
    queue: "restore-source",
  });
  await on.until(async () => on.server.vmState === "active");
  expect(only(await on.letters()).retriedAtMs).not.toBeNull();
}, 30_000);
