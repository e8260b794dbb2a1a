import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SQSBatchResponse } from "aws-lambda";
import { startFauxqs } from "fauxqs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { bundle } from "../../deploy/bundle.ts";
import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { cloudsYaml } from "../../local/simulated-cloud/clouds-yaml.ts";
import { serveCloud } from "../../local/simulated-cloud/serve.ts";
import { regildVersion } from "../../local/version.ts";
import { AwsClient } from "../../shared/aws/client.ts";
import { DynamoDbStore } from "../../shared/aws/dynamodb-store.ts";
import { envelopeSchema, isSignedBy } from "../../shared/provenance/dsse.ts";
import { provenanceSchema } from "../../shared/provenance/record.ts";
import { sha256 } from "../../shared/provenance/statement.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import { type Run, runSchema } from "../../shared/run/record.ts";
import { STEP_NAMES } from "../../shared/run/step-names.ts";
import { accessTo, openSeam } from "./access.ts";
import { openDynamoDb } from "./dynamodb.ts";
import { URL_PREFIX } from "./sqs.ts";

type Handler = (event: unknown, context: object) => Promise<unknown>;

const RECIPE =
  'recipes: { web: { cloud: mycloud, server: web-golden, schedule: [{ cron: "* * * * *" }] } }';
const PARAMETER = "/regild/test/clouds.yaml";
const SIGNING_KEY = "/regild/test/signing.pem";

let folder: string;
let dynamoDb: Awaited<ReturnType<typeof openDynamoDb>>;
let fauxqs: Awaited<ReturnType<typeof startFauxqs>>;
let cloud: SimulatedCloud;
let store: DynamoDbStore;
let parameter: string;
/** Undefined: none is stored. */
let signingKey: string | undefined;
const reads: unknown[] = [];
const toClose: Array<() => unknown> = [];

/** Every function in its own bundle, all in one process: AWS and cloud are emulated, and time passes by hand. */
beforeEach(async () => {
  vi.spyOn(process.stdout, "write").mockReturnValue(true); // numbers for CloudWatch
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-11-22T12:00:30Z") });
  folder = mkdtempSync(join(tmpdir(), "regild-lambda-"));
  dynamoDb = await openDynamoDb();
  const table = await dynamoDb.createTable();
  store = new DynamoDbStore(dynamoDb.client, table);
  fauxqs = await startFauxqs({ port: 0, logger: false, defaultRegion: "eu-west-1" });
  for (const step of STEP_NAMES) fauxqs.createQueue(`regild-${step}`, { region: "eu-west-1" });
  cloud = new SimulatedCloud({
    now: () => Date.now(),
    random: () => 0.5,
    zones: ["az1"],
    settings: {},
  });
  const image = cloud.operator.addImage({ name: "debian" });
  cloud.operator.addServer({ name: "web-golden", image });
  const { close } = await serveCloud(cloud, { port: 0 });
  parameter = cloudsYaml(cloud, "mycloud");
  signingKey = undefined;
  const stored = await serveStored();
  writeFileSync(join(folder, "recipes.json"), recipesJson());
  const environment = {
    REGILD_TABLE: table,
    REGILD_QUEUE_URL_PREFIX: URL_PREFIX,
    REGILD_CLOUDS: PARAMETER,
    REGILD_SIGNING_KEY: SIGNING_KEY,
    REGILD_RECIPES: "recipes.json",
    LAMBDA_TASK_ROOT: folder,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.access.endpoint,
    AWS_ENDPOINT_URL_SQS: fauxqs.address,
    AWS_ENDPOINT_URL_SSM: stored,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: stored,
    POWERTOOLS_LOG_LEVEL: "SILENT",
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  toClose.push(
    close,
    () => fauxqs.stop(),
    () => dynamoDb.close(),
  );
}, 60_000);
afterEach(async () => {
  for (const close of toClose.splice(0)) await close();
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  vi.useRealTimers();
  reads.length = 0;
});

function recipesJson(): string {
  const read = loadRecipes(RECIPE, "recipes.yml");
  if ("problems" in read) throw new Error("the recipe is wrong");
  return JSON.stringify([...read.recipes.values()]);
}

/** Systems Manager and Secrets Manager, as far as they are asked. */
async function serveStored(): Promise<string> {
  const server: Server = createServer((request, answer) => {
    request.setEncoding("utf8");
    let body = "";
    request.on("data", (part: string) => (body += part));
    request.on("end", () => {
      const { "x-amz-target": target, authorization } = request.headers;
      const service = /\/(\w+)\/aws4_request/.exec(authorization ?? "")?.[1];
      reads.push({ target, service, body });
      const value = body.includes(SIGNING_KEY) ? signingKey : parameter;
      if (value === undefined) {
        answer.statusCode = 400;
        answer.end('{"__type":"ParameterNotFound"}');
        return;
      }
      const isParameter = target === "AmazonSSM.GetParameter";
      answer.end(
        JSON.stringify(isParameter ? { Parameter: { Value: value } } : { SecretString: value }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  toClose.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

const moduleSchema = z.object({
  handler: z.custom<Handler>((value) => typeof value === "function"),
});

async function load(name: string): Promise<Handler> {
  const { code } = await bundle(name, { minify: true });
  const file = join(folder, `${name}.cjs`);
  writeFileSync(file, code);
  const { handler } = moduleSchema.parse(createRequire(import.meta.url)(file));
  return (event) => handler(event, { functionName: name, awsRequestId: "r" });
}

const messagesSchema = z.object({
  Messages: z._default(
    z.array(z.object({ MessageId: z.string(), Body: z.string(), ReceiptHandle: z.string() })),
    [],
  ),
});

/** Everything that waits in the steps' queues, given to their functions. @returns how many. */
async function deliver(handlers: ReadonlyMap<string, Handler>): Promise<number> {
  const seam = openSeam();
  const client = new AwsClient("sqs", accessTo(fauxqs.address), seam);
  let delivered = 0;
  for (const [step, handler] of handlers) {
    const QueueUrl = URL_PREFIX + step;
    const input = { QueueUrl, MaxNumberOfMessages: 10 };
    const { Messages } = await client.call("ReceiveMessage", QueueUrl, input, messagesSchema);
    for (const { MessageId: messageId, Body: body, ReceiptHandle } of Messages) {
      const answer = await handler({ Records: [{ messageId, body }] }, {});
      const failed = z.custom<SQSBatchResponse>().parse(answer).batchItemFailures;
      expect(failed).toEqual([]);
      await client.call("DeleteMessage", QueueUrl, { QueueUrl, ReceiptHandle }, z.unknown());
      delivered += 1;
    }
  }
  seam.close();
  return delivered;
}

async function startedRun(): Promise<string> {
  const onSchedule = await load("on-schedule");
  expect(await onSchedule({}, {})).toEqual({ started: [] });
  vi.setSystemTime(Date.now() + 60_000);
  const { started } = z.object({ started: z.array(z.string()) }).parse(await onSchedule({}, {}));
  expect(started).toHaveLength(1);
  return started[0] ?? "";
}

async function runs() {
  const { items } = await store.range("R#web", "run#", 10);
  return items.map(({ doc }) => runSchema.parse(JSON.parse(doc)));
}

async function loadSteps(): Promise<Map<string, Handler>> {
  const handlers = new Map<string, Handler>();
  for (const step of STEP_NAMES) handlers.set(step, await load(step));
  return handlers;
}

async function untilTheEnd(): Promise<Run | undefined> {
  const handlers = await loadSteps();
  const sweep = await load("sweep");
  let [run] = await runs();
  for (let quiet = 0; run?.outcome === null && quiet < 100; [run] = await runs()) {
    if ((await deliver(handlers)) > 0) continue;
    quiet += 1;
    vi.setSystemTime(Date.now() + 10_000);
    expect(await sweep({}, {})).toHaveProperty("sent");
  }
  return run;
}

/** The stored statement of the one image. */
async function statementOfImage() {
  const { items } = await store.range("R#web", "provenance#", 10);
  expect(items).toHaveLength(1);
  const { envelope: text } = provenanceSchema.parse(JSON.parse(items[0]?.doc ?? ""));
  const envelope = envelopeSchema.parse(JSON.parse(text));
  const statement: unknown = JSON.parse(Buffer.from(envelope.payload, "base64").toString());
  return { text, envelope, statement };
}

it("a scheduled refresh runs through the bundles, from the first tick to the current image", async () => {
  const id = await startedRun();
  expect(await untilTheEnd()).toMatchObject({ id, outcome: "succeeded", failure: null });
  const { envelope, statement } = await statementOfImage();
  expect(envelope.signatures).toEqual([]);
  expect(statement).toMatchObject({
    predicate: { runDetails: { builder: { version: { regild: regildVersion() } } } },
  });
  expect(reads[0]).toEqual({
    target: "AmazonSSM.GetParameter",
    service: "ssm",
    body: JSON.stringify({ Name: PARAMETER, WithDecryption: true }),
  });
}, 60_000);

it("the statement of the image is signed with the key that is stored, which one function reads", async () => {
  const pair = generateKeyPairSync("ed25519");
  signingKey = String(pair.privateKey.export({ type: "pkcs8", format: "pem" }));
  await startedRun();
  expect(await untilTheEnd()).toMatchObject({ outcome: "succeeded" });
  const { envelope, text } = await statementOfImage();
  expect(isSignedBy(envelope, pair.publicKey)).toBe(true);
  const [image] = [...cloud.world.firstZone.images.values()].filter(
    ({ name }) => name !== "debian",
  );
  expect(image?.properties["regild_provenance"]).toBe(`sha256:${sha256(text)}`);
  const ofKey = { Name: SIGNING_KEY, WithDecryption: true };
  expect(reads.filter((read) => JSON.stringify(read).includes("signing.pem"))).toEqual([
    { target: "AmazonSSM.GetParameter", service: "ssm", body: JSON.stringify(ofKey) },
  ]);
}, 60_000);

it("a password that is changed while functions live fails no run", async () => {
  const right = parameter;
  parameter = right.replace(/password: .*/, "password: the-one-before");
  await startedRun();
  const handlers = new Map([["prepare-source", await load("prepare-source")]]);
  const at = Date.now();
  // It has read the old password when its sign-in is refused.
  const early = handlers.get("prepare-source");
  await early?.({ Records: [{ messageId: "m", body: "no message" }] }, {});
  parameter = right;
  await deliver(handlers);
  expect((await runs())[0]).toMatchObject({
    failure: null,
    transientFailures: 1,
    step: "prepare-source",
  });
  vi.setSystemTime(at + 30_000);
  await deliver(handlers);
  expect((await runs())[0]).toMatchObject({ failure: null, step: "create-image" });
  expect(reads).toHaveLength(2);
}, 60_000);

it("a wrong password that is not changed fails the run, with its remedy", async () => {
  parameter = parameter.replace(/password: .*/, "password: wrong");
  await startedRun();
  await deliver(new Map([["prepare-source", await load("prepare-source")]]));
  expect((await runs())[0]?.failure).toMatchObject({ code: "sign-in-failed" });
}, 60_000);

it("clouds.yaml may be a secret of Secrets Manager", async () => {
  vi.stubEnv("REGILD_CLOUDS", "secret:regild/test/clouds.yaml");
  await startedRun();
  await deliver(new Map([["prepare-source", await load("prepare-source")]]));
  expect((await runs())[0]).toMatchObject({
    failure: null,
    transientFailures: 0,
    step: "create-image",
  });
  expect(reads).toEqual([
    {
      target: "secretsmanager.GetSecretValue",
      service: "secretsmanager",
      body: JSON.stringify({ SecretId: "regild/test/clouds.yaml" }),
    },
  ]);
}, 60_000);
