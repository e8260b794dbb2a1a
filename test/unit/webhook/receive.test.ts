import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import type { Item, Store } from "../../../shared/ports.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { runSchema } from "../../../shared/run/record.ts";
import { MAX_BODY_BYTES, receive, type Receiver } from "../../../shared/webhook/receive.ts";
import type { Sender } from "../../../shared/webhook/sender.ts";
import { MemoryStore } from "../../memory/store.ts";
import { NOW, recipe, SECOND } from "../builders.ts";
import { githubSignature, standardSignature } from "./sign.ts";

const SECRET = "a secret of the build system";
const TOKEN = "a token for X-Gitlab-Token";
const SIGNING = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
const SENDERS = new Map<string, Sender>([
  ["ci", { scheme: "github", secrets: [SECRET] }],
  ["forge", { scheme: "gitlab", secrets: [TOKEN] }],
  ["builder", { scheme: "standard_webhooks", secrets: [SIGNING] }],
]);
const READY = { branch: "main", password: "hunter2" };

const hooked = (name: string, when: string | null = null, sender = "ci", event = "ready"): Recipe =>
  recipe({ name, webhook: { sender, event, when, minGapMs: 0 } });

const bodySchema = z.union([
  z.strictObject({
    schema: z.literal("regild/v1"),
    runs: z.array(
      z.strictObject({
        id: z.string(),
        recipe: z.string(),
        state: z.string(),
        behind: z.nullable(z.string()),
      }),
    ),
    passed_over: z.array(z.strictObject({ recipe: z.string(), reason: z.string() })),
  }),
  z.strictObject({
    schema: z.literal("regild/v1"),
    error: z.strictObject({
      code: z.string(),
      message: z.string(),
      remedy: z.string(),
      request_ids: z.array(z.string()),
    }),
  }),
]);

/** What there is to start runs with: a clock that moves on with each check, a store and a queue in memory. */
function receiver(recipes: Recipe[], is: Partial<Receiver> = {}) {
  const store = new MemoryStore();
  const sent: string[] = [];
  const logged: string[] = [];
  const line =
    (level: string) =>
    (message: string, fields: object = {}) =>
      void logged.push(`${level} ${message} ${JSON.stringify(fields)}`);
  let ids = 0;
  let nowMs = NOW;
  const on: Receiver = {
    store,
    queue: { send: async (queue, { key }) => void sent.push(`${queue} ${key.pk} ${key.sk}`) },
    ids: {
      short: () => `id${(ids += 1).toString().padStart(4, "0")}`,
      uuid: () => crypto.randomUUID(),
      random: () => 0.5,
    },
    log: { info: line("info"), warn: line("warn"), error: line("error") },
    now: () => (nowMs += SECOND),
    installationId: async () => "home01home02",
    recipes: () => new Map(recipes.map((each) => [each.name, each])),
    senders: async () => SENDERS,
    ...is,
  };
  const runs = () =>
    [...store.table.items.values()]
      .filter(({ key }) => key.sk.startsWith("run#"))
      .map((item: Item) => runSchema.parse(JSON.parse(item.doc)));
  return { on, store, sent, logged, runs };
}

type Headers = Record<string, string | undefined>;
interface Sent {
  sender?: string;
  id?: string;
  event?: string;
  body?: string;
  headers?: Headers;
}

/** A delivery of `ci`, signed unless its headers say otherwise. */
async function deliver(
  on: Receiver,
  {
    sender = "ci",
    id = "d1",
    event = "ready",
    body = JSON.stringify(READY),
    headers = {},
  }: Sent = {},
) {
  const answer = await receive(on, {
    sender,
    body: Buffer.from(body),
    headers: {
      "x-github-event": event,
      "x-github-delivery": id,
      "x-hub-signature-256": githubSignature(SECRET, body),
      ...headers,
    },
  });
  const told = bodySchema.parse(JSON.parse(answer.body));
  return {
    ...answer,
    runs: "runs" in told ? told.runs : [],
    passedOver: "runs" in told ? told.passed_over : [],
    code: "error" in told ? told.error.code : null,
  };
}

describe("a delivery that is verified", () => {
  it("starts every recipe that takes it, and says which not and why", async () => {
    const { on, sent, runs, logged } = receiver([
      hooked("web"),
      recipe({ name: "by-hand" }),
      hooked("next", "branch == 'next'"),
      hooked("data", "branch == 'main'"),
      hooked("other", null, "ci", "done"),
      hooked("foreign", null, "forge"),
    ]);
    const { status, headers, runs: started, passedOver } = await deliver(on);
    expect(status).toBe(202);
    expect(headers).toMatchObject({ "content-type": "application/json" });
    expect(started.map((run) => run.recipe)).toEqual(["web", "data"]);
    expect(runs().map(({ id, trigger }) => ({ id, trigger }))).toEqual(
      started.map(({ id }) => ({ id, trigger: { kind: "webhook", by: "ci", id: "ci d1" } })),
    );
    expect(sent).toHaveLength(2);
    expect(passedOver).toEqual([
      { recipe: "next", reason: "when is false, not true" },
      { recipe: "other", reason: "it takes done, not ready" },
    ]);
    expect(logged).toEqual([expect.stringMatching(/^info webhook taken .*"delivery":"d1"/)]);
  });

  it("that no recipe takes is answered with 200", async () => {
    const { on, runs } = receiver([hooked("web", "branch == 'next'")]);
    const { status, runs: started, passedOver } = await deliver(on);
    expect({ status, started }).toEqual({ status: 200, started: [] });
    expect(passedOver).toEqual([{ recipe: "web", reason: "when is false, not true" }]);
    expect(runs()).toEqual([]);
    expect(await deliver(receiver([]).on)).toMatchObject({ status: 200, runs: [], passedOver: [] });
  });

  it("is passed over by a recipe whose expression cannot be asked; this is told and logged", async () => {
    const { on, logged } = receiver([hooked("bad", "starts_with(nothing, 'm')"), hooked("web")]);
    const { status, runs: started, passedOver } = await deliver(on);
    expect({ status, recipes: started.map((run) => run.recipe) }).toEqual({
      status: 202,
      recipes: ["web"],
    });
    expect(passedOver).toEqual([
      { recipe: "bad", reason: expect.stringMatching(/^when cannot be asked of it: Invalid arg/) },
    ]);
    expect(logged[0]).toMatch(/^warn when cannot be asked .*"recipe":"bad"/);
  });

  it("of GitHub that only asks whether anybody is there starts nothing", async () => {
    const { on, runs } = receiver([hooked("web", null, "ci", "ping")]);
    expect(await deliver(on, { event: "ping" })).toMatchObject({ status: 200, runs: [] });
    expect(runs()).toEqual([]);
  });

  it.each(["", "not json", "[]", "null", '"text"', "7", "payload=%7B%7D", '{"a":1', "\ufffe{}"])(
    "with the body %j is answered with 400",
    async (body) => {
      const { on, runs } = receiver([hooked("web")]);
      expect(await deliver(on, { body })).toMatchObject({ status: 400, code: "not-json" });
      expect(runs()).toEqual([]);
    },
  );

  it.each([undefined, "", "x".repeat(256)])("with the id %j is answered with 400", async (id) => {
    const { on, runs } = receiver([hooked("web")]);
    const headers = { "x-github-delivery": id };
    expect(await deliver(on, { headers })).toMatchObject({ status: 400, code: "no-delivery-id" });
    expect(runs()).toEqual([]);
  });

  it.each<[string, string, Headers, string]>([
    [
      "GitLab's, by a token",
      "forge",
      { "x-gitlab-token": TOKEN, "x-gitlab-event": "ready", "idempotency-key": "k1" },
      "forge k1",
    ],
    [
      "a Standard Webhook, by its type",
      "builder",
      {
        "webhook-id": "m1",
        "webhook-timestamp": String(Math.floor(NOW / 1000)),
        "webhook-signature": standardSignature(SIGNING, {
          id: "m1",
          timestamp: Math.floor(NOW / 1000),
          body: '{"type":"ready"}',
        }),
      },
      "builder m1",
    ],
  ])("may be %s", async (_, sender, headers, trigger) => {
    const { on, runs } = receiver([hooked("web", null, sender)]);
    const { status } = await deliver(on, { sender, headers, body: '{"type":"ready"}' });
    expect(status).toBe(202);
    expect(runs()[0]?.trigger).toEqual({ kind: "webhook", by: sender, id: trigger });
  });
});

describe("a delivery that is not verified", () => {
  const refused: Array<[string, Sent, string]> = [
    ["an unknown sender", { sender: "nobody" }, "no sender has this name"],
    ["a sender like a property", { sender: "constructor" }, "no sender has this name"],
    ["no signature", { headers: { "x-hub-signature-256": undefined } }, "-256 is missing"],
    ["another's signature", { headers: { "x-hub-signature-256": "sha256=00" } }, "of no secret"],
    ["a body that is no JSON", { body: "{", headers: { "x-hub-signature-256": "x" } }, "of no sec"],
    ["the wrong scheme", { sender: "forge" }, "X-Gitlab-Token is missing"],
    ["no headers of its scheme", { sender: "builder" }, "webhook-id is missing"],
    [
      "one that is too old",
      {
        sender: "builder",
        headers: {
          "webhook-id": "m1",
          "webhook-timestamp": "1614265330",
          "webhook-signature": standardSignature(SIGNING, {
            id: "m1",
            timestamp: 1614265330,
            body: JSON.stringify(READY),
          }),
        },
      },
      "over five minutes old",
    ],
  ];

  it.each(refused)("of %s is refused, and the log says why", async (_, sent, reason) => {
    const unasked = () => {
      throw new Error("asked for before the delivery was verified");
    };
    const { on, store, logged } = receiver([], { recipes: unasked, installationId: unasked });
    expect(await deliver(on, sent)).toMatchObject({ status: 401, code: "not-verified" });
    expect(logged).toEqual([expect.stringMatching(/^warn webhook refused .*"status":401/)]);
    expect(logged[0]).toContain(reason);
    expect(store.table.items.size).toBe(0);
  });

  it("is told the very same whatever is wrong", async () => {
    const { on } = receiver([hooked("web")]);
    const answers = await Promise.all(refused.map(([, sent]) => deliver(on, sent)));
    const told = answers.map(({ status, headers, body }) =>
      JSON.stringify([status, headers, body]),
    );
    expect(new Set(told).size).toBe(1);
  });

  it("does not come in by the secret of nobody", async () => {
    const { on, runs } = receiver([hooked("web", null, "nobody")]);
    const secret = `whsec_${Buffer.from("what anybody may know of nobody").toString("base64")}`;
    const timestamp = Math.floor(NOW / 1000);
    const body = JSON.stringify({ type: "ready" });
    const headers = {
      "webhook-id": "m1",
      "webhook-timestamp": String(timestamp),
      "webhook-signature": standardSignature(secret, { id: "m1", timestamp, body }),
    };
    expect(await deliver(on, { sender: "nobody", headers, body })).toMatchObject({ status: 401 });
    expect(runs()).toEqual([]);
  });
});

it("no line of the log has a body, a signature or a secret; a long name is cut", async () => {
  const { on, logged } = receiver([hooked("web"), hooked("bad", "starts_with(nothing, 'm')")]);
  await deliver(on);
  await deliver(on, { body: "hunter2" });
  await deliver(on, { headers: { "x-github-delivery": "" } });
  await deliver(on, { headers: { "x-hub-signature-256": "sha256=hunter2" } });
  await deliver(on, { sender: "x".repeat(5000) });
  const text = logged.join("\n");
  expect(text).not.toMatch(/hunter2|sha256=/);
  expect(text).not.toContain(SECRET);
  expect(text).not.toContain("x".repeat(41));
});

it("a body of more than a MiB is refused, whoever sent it, and one of a MiB is taken", async () => {
  const { on } = receiver([hooked("web")]);
  const filled = (bytes: number) => JSON.stringify({ a: "x".repeat(bytes - '{"a":""}'.length) });
  expect(await deliver(on, { body: filled(MAX_BODY_BYTES) })).toMatchObject({ status: 202 });
  const body = filled(MAX_BODY_BYTES + 1);
  const signed = await deliver(on, { body });
  expect(signed).toMatchObject({ status: 413, code: "too-large" });
  expect((await deliver(on, { body, sender: "nobody" })).body).toBe(signed.body);
});

describe("a delivery that comes again", () => {
  it("leads to the same runs, and another one to others", async () => {
    const { on, sent, runs } = receiver([hooked("web"), hooked("data")]);
    const first = await deliver(on);
    const again = await deliver(on);
    expect(again).toEqual(first);
    expect(runs()).toHaveLength(2);
    expect(sent).toHaveLength(2);
    const other = await deliver(on, { id: "d2" });
    expect(other.runs.map(({ id }) => id)).not.toContain(first.runs[0]?.id);
    expect(runs()).toHaveLength(4);
  });

  it("at the same time leads to one run of each recipe, with one message", async () => {
    const { on, sent, runs } = receiver([hooked("web"), hooked("data")]);
    const answers = await Promise.all(Array.from({ length: 8 }, () => deliver(on)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 202));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(runs()).toHaveLength(2);
    expect(new Set(sent).size).toBe(sent.length);
    expect(sent).toHaveLength(2);
  });

  it("under another id starts nothing within min_gap, and the answer says so", async () => {
    const webhook = { sender: "ci", event: "ready", when: null, minGapMs: 3_600_000 };
    const { on, runs } = receiver([recipe({ name: "web", webhook }), hooked("data")]);
    const first = await deliver(on);
    const captured = await deliver(on, { id: "d2" });
    expect(captured.runs.map((run) => run.recipe)).toEqual(["data"]);
    expect(captured.passedOver).toEqual([
      {
        recipe: "web",
        reason: expect.stringMatching(/^a webhook started it \d+s ago, and min_gap/),
      },
    ]);
    expect((await deliver(on)).runs).toEqual(first.runs);
    expect(runs()).toHaveLength(3);
  });

  it("of another sender with the same id is another", async () => {
    const { on, runs } = receiver([hooked("web", null, "forge"), hooked("data")]);
    await deliver(on, { id: "same" });
    const headers = {
      "x-gitlab-token": TOKEN,
      "x-gitlab-event": "ready",
      "idempotency-key": "same",
    };
    expect(await deliver(on, { sender: "forge", headers })).toMatchObject({ status: 202 });
    expect(runs()).toHaveLength(2);
  });
});

describe("when the store fails", () => {
  /** Fails at one call: before it is done, or with its answer lost. */
  function failing(store: Store, atCall: number, isDone: boolean): Store & { calls: () => number } {
    let calls = 0;
    const through = async <T>(work: () => Promise<T>): Promise<T> => {
      calls += 1;
      if (calls !== atCall) return work();
      if (isDone) await work();
      throw new Error("the store is away");
    };
    return {
      shards: store.shards,
      get: (key) => through(() => store.get(key)),
      commit: (write, version) => through(() => store.commit(write, version)),
      mark: (key, marks) => store.mark(key, marks),
      due: (shard, nowMs, limit) => store.due(shard, nowMs, limit),
      range: (pk, prefix, limit, cursor) => store.range(pk, prefix, limit, cursor),
      ended: (day, limit, cursor) => store.ended(day, limit, cursor),
      calls: () => calls,
    };
  }

  it.each(
    Array.from({ length: 14 }, (_, n) => n + 1).flatMap((call) => [
      [call, false] as const,
      [call, true] as const,
    ]),
  )(
    "at call %i (done: %s) it is answered with 503, and the next delivery starts what is missing, once",
    async (call, isDone) => {
      const { on, store, runs, sent, logged } = receiver([hooked("web"), hooked("data")]);
      const broken = await deliver({ ...on, store: failing(store, call, isDone) });
      expect(broken).toMatchObject({ status: 503, code: "unavailable" });
      expect(broken.headers["retry-after"]).toMatch(/^\d+$/);
      expect(broken.body).not.toContain("away");
      expect(logged.at(-1)).toMatch(/^error webhook starts nothing more .*the store is away/);
      const started = runs().map(({ id }) => id);

      const again = await deliver(on);
      expect(again.status).toBe(202);
      expect(again.runs.map(({ id }) => id)).toEqual(expect.arrayContaining(started));
      expect(
        runs()
          .map(({ recipeName }) => recipeName)
          .toSorted(),
      ).toEqual(["data", "web"]);
      expect(sent.length).toBeLessThanOrEqual(2);
    },
  );

  it("there are no more calls than those", async () => {
    const { on, store } = receiver([hooked("web"), hooked("data")]);
    const counting = failing(store, 0, false);
    expect(await deliver({ ...on, store: counting })).toMatchObject({ status: 202 });
    expect(counting.calls()).toBe(14);
  });
});

it("when the queue fails, the run is written down and begins by the sweep: 202", async () => {
  const send = () => Promise.reject(new Error("the queue is away"));
  const { on, runs, logged } = receiver([hooked("web")], { queue: { send } });
  expect(await deliver(on)).toMatchObject({ status: 202, runs: [{ recipe: "web" }] });
  expect(runs()).toHaveLength(1);
  expect(logged[0]).toMatch(/^warn The run begins within two minutes.*the queue is away/);
});

it("when it cannot be known who may send, it is answered with 503", async () => {
  const senders = () => Promise.reject(new Error("no such parameter"));
  const { on, logged } = receiver([hooked("web")], { senders });
  expect(await deliver(on)).toMatchObject({ status: 503, code: "unavailable" });
  expect(logged).toEqual([expect.stringMatching(/^error senders cannot be read .*no such param/)]);
});
