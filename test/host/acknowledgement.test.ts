import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { readAlone } from "../../shared/chat/shared-read.ts";
import { type Receiver, receiveCommand } from "../../shared/chat/receive.ts";
import { randomIds } from "../../shared/lambda/ids.ts";
import { keepTogether } from "../../shared/sqlite/keep-together.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { slackRequest } from "../chat/requests.ts";
import { ANYBODY_ANYTHING, workspaceOf } from "../chat/workspaces.ts";
import { NOW, recipe } from "../unit/builders.ts";

afterEach(() => vi.restoreAllMocks());

function opened() {
  const folder = mkdtempSync(join(tmpdir(), "regild-acknowledgement-"));
  const file = join(folder, "regild.db");
  const db = openDatabase(file);
  onTestFinished(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  const clock = { nowMs: NOW };
  const now = () => clock.nowMs;
  const store = new SqliteStore(db);
  const queue = new SqliteQueue(db, now);
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const on = {
    store,
    queue,
    ids: randomIds,
    log: quiet,
    now,
    sharedRead: readAlone,
    keepTogether: keepTogether(db, store, queue),
    installationId: async () => "installation",
    recipes: () => new Map([["web", recipe()]]),
    chat: async () => new Map([["ops", workspaceOf("slack", [ANYBODY_ANYTHING])]]),
  };
  const ask = async (id: string, receiver: Receiver = on) => {
    const request = slackRequest({ text: "refresh web", id, nowMs: clock.nowMs });
    const body = Buffer.from(request.body);
    const answer = await receiveCommand(receiver, {
      workspace: "ops",
      headers: request.headers,
      body,
    });
    expect(answer.status).toBe(200);
    return /Run (web-[\w-]+)/.exec(answer.body)?.[1];
  };
  /** What another process reads. */
  const kept = () => {
    using other = new DatabaseSync(file, { readOnly: true });
    const all = (sql: string) => other.prepare(sql).all();
    return {
      items: all("SELECT sk FROM item ORDER BY sk").map(({ sk }) => String(sk).split("#")[0]),
      messages: all("SELECT queue FROM message ORDER BY queue").map(({ queue: name }) => name),
    };
  };
  return { on, ask, kept, clock };
}

/** One refresh. */
const ONE = { items: ["report", "run", "t"], messages: ["notify", "prepare-source"] };

it("a refresh from a chat waits for the disk once, and is on it before the answer", async () => {
  const { ask, kept } = opened();
  const commits = vi.spyOn(DatabaseSync.prototype, "exec");
  await ask("one");
  expect(commits.mock.calls.filter(([sql]) => sql === "COMMIT")).toHaveLength(1);
  commits.mockRestore();
  expect(kept()).toEqual(ONE);
});

it("a store that keeps one record at a time waits three times", async () => {
  const { on, ask, kept } = opened();
  const commits = vi.spyOn(DatabaseSync.prototype, "exec");
  const { keepTogether: _absent, ...oneByOne } = on;
  await ask("one", oneByOne);
  expect(commits.mock.calls.filter(([sql]) => sql === "COMMIT")).toHaveLength(3);
  commits.mockRestore();
  expect(kept()).toEqual(ONE);
});

it("a refresh that comes again, at once or later, starts nothing and names the same run", async () => {
  const { ask, kept, clock } = opened();
  const [first, second] = await Promise.all([ask("one"), ask("one")]);
  clock.nowMs += 5_000;
  expect([first, second, await ask("one")]).toEqual([first, first, first]);
  expect(first).toBeDefined();
  expect(kept()).toEqual(ONE);
});

it("a refresh whose trigger is forgotten starts a run", async () => {
  const { ask, kept, clock } = opened();
  const first = await ask("one");
  clock.nowMs += 15 * 24 * 3_600_000;
  expect(await ask("one")).not.toBe(first);
  expect(kept().items).toEqual(["report", "report", "run", "run", "t"]);
});

it("many at once share one commit, and each has its run", async () => {
  const { ask, kept } = opened();
  const commits = vi.spyOn(DatabaseSync.prototype, "exec");
  const ids = Array.from({ length: 20 }, (_, at) => `request ${at}`);
  const runs = await Promise.all(ids.map((id) => ask(id)));
  expect(commits.mock.calls.filter(([sql]) => sql === "COMMIT")).toHaveLength(1);
  commits.mockRestore();
  expect(new Set(runs).size).toBe(20);
  expect(kept().items.filter((kind) => kind === "run")).toHaveLength(20);
});
