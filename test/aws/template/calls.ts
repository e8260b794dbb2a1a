import { bundle } from "../../../deploy/bundle.ts";
import { AwsClient } from "../../../shared/aws/client.ts";
import { DynamoDbStore } from "../../../shared/aws/dynamodb-store.ts";
import { EventBus } from "../../../shared/aws/event-bus.ts";
import type { ServiceName } from "../../../shared/aws/error.ts";
import { readParameter } from "../../../shared/aws/parameter.ts";
import { readSecret } from "../../../shared/aws/secret.ts";
import { SqsQueue } from "../../../shared/aws/sqs-queue.ts";
import type { RegildEvent } from "../../../shared/events/event.ts";
import type { Bus } from "../../../shared/events/publish.ts";
import type { HttpRequest, Queue, Store } from "../../../shared/ports.ts";

/** IAM actions, each with the resource's part that it is about: `dynamodb:Query` of `index/due`; empty: the whole. */
export type Calls = Map<string, Set<string>>;

const KEY = { pk: "p", sk: "s" };
const WRITE = { key: KEY, writeId: "w", sweepAtMs: 1, day: null, expiresAtMs: null, doc: "{}" };

const EVENT: RegildEvent = {
  type: "Image Deleted",
  detail: {
    schema: "regild/v1",
    id: "e",
    version: 1,
    at: "2026-11-22T12:00:00.000Z",
    recipe: "web",
    run: "r",
    cloud: "c",
    region_name: null,
    image: { id: "i", name: "n" },
    was_current: true,
    reason: null,
  },
};

/** Each way to call the adapters, once. */
const STORE: { [Method in Exclude<keyof Store, "shards">]: (store: Store) => Promise<unknown> } = {
  get: (store) => store.get(KEY),
  commit: (store) => store.commit(WRITE, 1),
  mark: (store) => store.mark(KEY, { cancelAtMs: 1, sweepAtMs: 1 }),
  due: (store) => store.due(0, 1, 10),
  range: (store) => store.range("p", "", 10),
  ended: (store) => store.ended("2026-11-22", 10),
};
const QUEUE: { [Method in keyof Queue]: (queue: Queue) => Promise<unknown> } = {
  send: (queue) => queue.send("abandon", { key: KEY, version: 1 }, 0),
};
/** Called by name, wherever they are imported. */
const READERS: Record<string, (client: Clients) => Promise<unknown>> = {
  readParameter: (client) => readParameter(client("ssm"), "/p"),
  readSecret: (client) => readSecret(client("secretsmanager"), "s"),
};

const BUS: { [Method in Exclude<keyof Bus, "maxEvents">]: (bus: Bus) => Promise<unknown> } = {
  put: (bus) => bus.put([EVENT]),
};

const ROW = { pk: { S: "p" }, sk: { S: "s" }, sweepAtMs: { N: "1" } };
const ITEM = { ...ROW, version: { N: "1" }, writeId: { S: "w" }, doc: { S: "{}" } };
const ANSWERS: Record<string, object> = {
  GetItem: {},
  UpdateItem: {},
  Query: { Items: [ITEM] },
  BatchGetItem: { Responses: { t: [] } },
  SendMessage: { MessageId: "m" },
  GetParameter: { Parameter: { Value: "v" } },
  GetSecretValue: { SecretString: "v" },
  PutEvents: { Entries: [{}] },
};

/** What a method of store, queue and bus, or a reader, asks of AWS: seen on the wire. */
export async function callsOfAdapters(): Promise<Map<string, Calls>> {
  const found = new Map<string, Calls>();
  for (const [name, call] of Object.entries(STORE)) {
    found.set(`store.${name}`, await watch((on) => call(storeOn(on))));
  }
  for (const [name, call] of Object.entries(QUEUE)) {
    found.set(`queue.${name}`, await watch((on) => call(queueOn(on))));
  }
  for (const [name, call] of Object.entries(BUS)) {
    found.set(`bus.${name}`, await watch((on) => call(busOn(on))));
  }
  for (const [name, call] of Object.entries(READERS)) found.set(name, await watch(call));
  return found;
}

type Clients = (service: ServiceName) => AwsClient;
const storeOn = (client: Clients) => new DynamoDbStore(client("dynamodb"), "t");
const queueOn = (client: Clients) => new SqsQueue(client("sqs"), "https://sqs.test/1/regild-");
const busOn = (client: Clients) => new EventBus(client("events"), "regild");

async function watch(call: (client: Clients) => Promise<unknown>) {
  const calls: Calls = new Map();
  const answer = (request: HttpRequest) => {
    const action = request.headers["x-amz-target"]?.split(".")[1] ?? "";
    const service = /\/([a-z]+)\/aws4_request/.exec(request.headers["authorization"] ?? "")?.[1];
    const index = /"IndexName":"(\w+)"/.exec(request.body ?? "")?.[1];
    add(calls, `${service}:${action}`, index === undefined ? "" : `index/${index}`);
    return JSON.stringify(ANSWERS[action]);
  };
  const seam = {
    http: {
      send: async (request: HttpRequest) => ({
        kind: "response" as const,
        status: 200,
        headers: {},
        text: answer(request),
      }),
    },
    now: () => 0,
    random: () => 0,
    wait: async () => {},
  };
  const credentials = { accessKeyId: "a", secretAccessKey: "s", sessionToken: null };
  const access = { endpoint: "https://aws.test", region: "eu-west-1", credentials };
  await call((service) => new AwsClient(service, access, seam));
  return calls;
}

function add(calls: Calls, action: string, part: string): void {
  calls.set(action, (calls.get(action) ?? new Set()).add(part));
}

const ADAPTERS = /^shared\/aws\//;

export interface Code {
  calls: Calls;
  /** Variables of the environment that are Regild's own. */
  variables: Set<string>;
  /** Partitions of the table that it can name, as patterns of IAM: `R#*`, `K#home`. */
  partitions: Set<string>;
}

/** What is left of a function's code once esbuild has left out what it cannot reach. */
export async function readableBundle(name: string): Promise<string> {
  const { code } = await bundle(name, { minify: false });
  return Buffer.from(code).toString("utf8");
}

/**
 * What this code can call. Everywhere but in the adapters, a store is called `store`, a queue `queue`, a bus `bus`; and
 * adapters do not read the environment.
 * @throws Error for code that calls AWS, or a store, in a way that is not seen here.
 */
export function codeOf(text: string, adapters: ReadonlyMap<string, Calls>): Code {
  const calls: Calls = new Map();
  const variables = new Set<string>();
  const partitions = new Set<string>();
  for (const { file, code } of modulesOf(text)) {
    if (/@(aws-sdk|smithy)\//.test(file)) throw new Error(`${file} calls AWS unseen`);
    if (!/^(shared|functions|local)\//.test(file) || ADAPTERS.test(file)) continue;
    for (const [variable] of code.matchAll(/\bREGILD_[A-Z_]+\b/g)) variables.add(variable);
    for (const [, partition = ""] of code.matchAll(/["`]([A-Z]#[a-z-]*)/g)) {
      partitions.add(partition.endsWith("#") ? `${partition}*` : partition);
    }
    if (/x-amz-target/i.test(code)) throw new Error(`${file} calls AWS unseen`);
    for (const [, name = ""] of code.matchAll(/(?<![.\w$])([a-zA-Z]+)\d*\(/g)) {
      for (const [action, parts] of adapters.get(name) ?? []) {
        for (const part of parts) add(calls, action, part);
      }
    }
    for (const [, on = "", method = ""] of code.matchAll(/([\w$]+)\??\.(\w+)\(/g)) {
      // Where two names meet, esbuild counts on: store2.
      const thing = on.replace(/\d+$/, "");
      const known = adapters.get(`${thing}.${method}`);
      for (const [action, parts] of known ?? []) for (const part of parts) add(calls, action, part);
      const isOfStore = Object.hasOwn(STORE, method) && method !== "get";
      if (known === undefined && (isOfStore || /^(store|queue|bus)$|[cC]lient$/.test(thing))) {
        throw new Error(`${file} calls ${on}.${method} unseen`);
      }
    }
  }
  return { calls, variables, partitions };
}

/** esbuild writes the name of each module before what is left of it. */
function modulesOf(text: string): Array<{ file: string; code: string }> {
  const [, ...pieces] = text.split(
    /^(?:\/\/ |var require_\w+ = __commonJS\(\{\n\s+")(?=(?:shared|functions|local|node_modules)\/)/m,
  );
  return pieces.map((piece) => {
    const file = /^[^\n"]+/.exec(piece)?.[0] ?? "";
    return { file, code: piece.slice(file.length) };
  });
}
