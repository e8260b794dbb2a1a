import { expect, it } from "vitest";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";

const wake = { key: { pk: "R#web", sk: "head" }, version: 1 };

it("a host that has taken the lock gets a dead host's messages at once, and delayed ones in their time", async () => {
  const queue = new SqliteQueue(openDatabase(":memory:"), () => 1_000_000);
  await queue.send("abandon", wake, 0);
  await queue.send("abandon", { ...wake, version: 2 }, 60);
  expect(queue.receive("abandon", 10, 1800)).toHaveLength(1);
  expect(queue.receive("abandon", 10, 1800)).toHaveLength(0);
  queue.takeOver();
  const [again, ...others] = queue.receive("abandon", 10, 1800);
  expect(again).toMatchObject({ body: JSON.stringify(wake), receives: 2 });
  expect(others).toEqual([]);
});
