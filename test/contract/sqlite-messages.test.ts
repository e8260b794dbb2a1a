import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, it } from "vitest";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";

const folder = mkdtempSync(join(tmpdir(), "regild-messages-"));
afterAll(() => rmSync(folder, { recursive: true }));

const request = { key: { pk: "R#web", sk: "head" }, version: 1 };

it("a dead letter tells the queue it was in, and a message put back is as it was", async () => {
  const queue = new SqliteQueue(openDatabase(":memory:"), () => 0);
  await queue.putBack("check-status", "not JSON");
  const [message] = await queue.receive("check-status", 10, 30);
  expect(message).toMatchObject({ body: "not JSON", source: null, receives: 1 });
  await queue.move(message?.receipt ?? "", "dead-letters");
  expect(await queue.receive("dead-letters", 10, 30)).toMatchObject([
    { body: "not JSON", source: "check-status" },
  ]);
});

it("a data file from before that was noted keeps its messages", async () => {
  const file = join(folder, "earlier.sqlite");
  const earlier = new DatabaseSync(file);
  earlier.exec(`
    CREATE TABLE message (
      id INTEGER PRIMARY KEY, queue TEXT NOT NULL, body TEXT NOT NULL,
      visible_ms INTEGER NOT NULL, receives INTEGER NOT NULL DEFAULT 0, receipt TEXT
    );
    INSERT INTO message (queue, body, visible_ms) VALUES ('abandon', '${JSON.stringify(request)}', 0);
    PRAGMA user_version = 1;
  `);
  earlier.close();
  for (let time = 0; time < 2; time++) {
    const db = openDatabase(file);
    const received = await new SqliteQueue(db, () => 0).receive("abandon", 10, 0);
    expect(received).toMatchObject([{ body: JSON.stringify(request), source: null }]);
    db.close();
  }
});
