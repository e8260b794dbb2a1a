import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, it, vi } from "vitest";
import { readAlone } from "../../shared/chat/shared-read.ts";
import { receiveCommand } from "../../shared/chat/receive.ts";
import { randomIds } from "../../shared/lambda/ids.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { slackRequest } from "../chat/requests.ts";
import { ANYBODY_ANYTHING, workspaceOf } from "../chat/workspaces.ts";
import { NOW, recipe } from "../unit/builders.ts";

afterEach(() => vi.restoreAllMocks());

it("a refresh from a chat waits for the disk three times, and is on it before the answer", async () => {
  const folder = mkdtempSync(join(tmpdir(), "regild-acknowledgement-"));
  const file = join(folder, "regild.db");
  const db = openDatabase(file);
  const store = new SqliteStore(db);
  const commits = vi.spyOn(DatabaseSync.prototype, "exec");
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const request = slackRequest({ text: "refresh web", id: "one", nowMs: NOW });
  const answer = await receiveCommand(
    {
      store,
      queue: new SqliteQueue(db, () => NOW),
      ids: randomIds,
      log: quiet,
      now: () => NOW,
      sharedRead: readAlone,
      installationId: async () => "installation",
      recipes: () => new Map([["web", recipe()]]),
      chat: async () => new Map([["ops", workspaceOf("slack", [ANYBODY_ANYTHING])]]),
    },
    { workspace: "ops", headers: request.headers, body: Buffer.from(request.body) },
  );
  expect(answer.status).toBe(200);
  expect(commits.mock.calls.filter(([sql]) => sql === "COMMIT")).toHaveLength(3);
  commits.mockRestore();
  using other = new DatabaseSync(file, { readOnly: true });
  const kept = (sql: string) => other.prepare(sql).all();
  expect(kept("SELECT sk FROM item ORDER BY sk").map(({ sk }) => String(sk).split("#")[0])).toEqual(
    ["report", "run", "t"],
  );
  expect(kept("SELECT queue FROM message ORDER BY queue").map(({ queue }) => queue)).toEqual([
    "notify",
    "prepare-source",
  ]);
  db.close();
  rmSync(folder, { recursive: true });
});
