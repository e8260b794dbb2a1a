import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { randomIds } from "../../local/ids.ts";
import { tokenText } from "../../shared/access/token-text.ts";
import {
  authenticate,
  authenticateById,
  createToken,
  listTokens,
  revokeToken,
} from "../../shared/access/tokens.ts";
import { DynamoDbStore } from "../../shared/aws/dynamodb-store.ts";
import type { Store } from "../../shared/ports.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { openDynamoDb } from "../aws/dynamodb.ts";

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 10, 28, 12);

let dynamoDb: Awaited<ReturnType<typeof openDynamoDb>>;
beforeAll(async () => {
  dynamoDb = await openDynamoDb();
});
afterAll(() => dynamoDb.close());

const STORES: Record<string, () => Promise<Store>> = {
  SQLite: async () => new SqliteStore(openDatabase(":memory:")),
  DynamoDB: async () => new DynamoDbStore(dynamoDb.client, await dynamoDb.createTable()),
};

describe.each(Object.keys(STORES))("tokens in %s", (kind) => {
  let store: Store;
  let nowMs: number;
  let writes: string[];
  beforeEach(async () => {
    store = (await STORES[kind]?.()) ?? store;
    nowMs = START_MS;
    writes = [];
    const commit = store.commit.bind(store);
    store.commit = async (write, version) => {
      writes.push(write.doc);
      return commit(write, version);
    };
  });
  const deps = () => ({ store, ids: randomIds, now: () => nowMs });
  const create = (name: string, lifeMs: number | null = DAY_MS) =>
    createToken(
      deps(),
      { name, role: "run", recipes: ["web"], createdBy: "anna", lifeMs },
      randomBytes(32),
    );

  it("a token is known by its text and by its id, and its text is in no record", async () => {
    const { text, token } = await create("ci");
    expect(await authenticate(deps(), text)).toMatchObject({ token: { id: token.id, name: "ci" } });
    expect(await authenticateById(deps(), token.id)).toMatchObject({ token: { name: "ci" } });
    expect(writes.length).toBeGreaterThan(0);
    expect(writes.join("\n")).not.toContain(text.slice(7, 50));
  });

  it("unknown, forged and truncated texts are refused", async () => {
    const { text } = await create("ci");
    for (const wrong of [
      tokenText(randomBytes(32)),
      text.slice(0, -1),
      `${text}0`,
      "",
      "regild_",
    ]) {
      expect(await authenticate(deps(), wrong)).toEqual({ refused: "unknown" });
    }
    expect(await authenticateById(deps(), "0000000000")).toEqual({ refused: "unknown" });
  });

  it("a record under the right id with another hash lets nobody in", async () => {
    const { text, token } = await create("ci");
    const key = { pk: "K#tokens", sk: `token#${token.id}` };
    const doc = JSON.stringify({ ...token, digest: "0".repeat(64) });
    const write = { key, writeId: "w2", sweepAtMs: null, day: null, expiresAtMs: null, doc };
    expect(await store.commit(write, 1)).toBe("won");
    expect(await authenticate(deps(), text)).toEqual({ refused: "unknown" });
  });

  it("an expired token is refused from its second on, and one that does not expire is not", async () => {
    const { text } = await create("ci");
    const { text: forever } = await create("monitoring", null);
    nowMs = START_MS + DAY_MS - 1;
    expect(await authenticate(deps(), text)).toHaveProperty("token");
    nowMs += 1;
    expect(await authenticate(deps(), text)).toEqual({ refused: "expired" });
    nowMs += 10_000 * DAY_MS;
    expect(await authenticate(deps(), forever)).toHaveProperty("token");
  });

  it("a revoked token is refused at once, keeps who revoked it first, and stays in the list", async () => {
    const { text, token } = await create("ci");
    await revokeToken(deps(), token.id, "anna");
    await revokeToken(deps(), token.id, "ben");
    expect(await authenticate(deps(), text)).toEqual({ refused: "revoked" });
    expect(await authenticateById(deps(), token.id)).toEqual({ refused: "revoked" });
    expect(await listTokens(store)).toMatchObject([{ revoked: { by: "anna", atMs: START_MS } }]);
  });

  it("a day of requests is one write", async () => {
    const { text } = await create("ci", null);
    const before = writes.length;
    for (let request = 0; request < 20; request++) await authenticate(deps(), text);
    expect(writes.length).toBe(before + 1);
    nowMs += DAY_MS;
    await authenticate(deps(), text);
    expect(writes.length).toBe(before + 2);
    expect(await listTokens(store)).toMatchObject([{ lastUsedDay: "2026-11-29" }]);
  });

  it("lists more tokens than one page holds, the newest first", async () => {
    for (let index = 0; index < 120; index++) {
      nowMs += 1;
      await create(`t${index}`);
    }
    const names = (await listTokens(store)).map(({ name }) => name);
    expect(names).toHaveLength(120);
    expect([names[0], names.at(-1)]).toEqual(["t119", "t0"]);
  });
});
