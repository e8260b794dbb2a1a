import { readFileSync } from "node:fs";
import type { Context, SQSEvent } from "aws-lambda";
import * as z from "zod/mini";
import { withBackend } from "../../local/backend.ts";
import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { asHttp } from "../../local/simulated-cloud/in-process.ts";
import { seededRandom, uuidFrom } from "../../local/simulated-cloud/random.ts";
import {
  type RecipeState,
  recipeStateKey,
  recipeStateSchema,
} from "../../shared/image/recipe-state.ts";
import type { Backend } from "../../shared/lambda/backend.ts";
import type { Metrics } from "../../shared/lambda/metrics.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import type { Http, HttpRequest, Item, Key, ReconcileRequest } from "../../shared/ports.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { type Run, runSchema } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import type { Outgoing } from "../../shared/ports.ts";
import type { CloudConfig } from "../../shared/openstack/config.ts";
import type { CallbackTarget } from "../../shared/callback/target.ts";
import type { Mailer } from "../../shared/notify/mail.ts";
import type { Target } from "../../shared/notify/target.ts";
import type { Workspace } from "../../shared/chat/workspace.ts";
import type { Sender } from "../../shared/webhook/sender.ts";
import { configOf } from "../contract/simulated-target.ts";
import { MemoryStore } from "../memory/store.ts";
import { NOW, timing } from "../unit/builders.ts";

type Answered = Awaited<ReturnType<Http["send"]>>;

/** What functions run on in these tests: a store in memory, a queue that only notes, a simulated cloud, a clock by hand. */
export class Installation {
  nowMs = NOW;
  readonly store = new MemoryStore();
  readonly sent: Array<{ queue: string; request: ReconcileRequest; delaySeconds: number }> = [];
  readonly logged: string[] = [];
  readonly measured: Array<Parameters<Metrics["put"]>> = [];
  readonly requests: HttpRequest[] = [];
  /** Right before each request. */
  onRequest: (request: HttpRequest) => void = () => {};
  /** In place of each answer of the cloud. */
  onAnswer: (request: HttpRequest, answer: Answered) => Answered = (_request, answer) => answer;
  /** Entries of clouds.yaml. */
  readonly configs = new Map<string, CloudConfig>();
  readonly recipes = new Map<string, Recipe>();
  readonly senders = new Map<string, Sender>();
  readonly chat = new Map<string, Workspace>();
  readonly callbacks = new Map<string, CallbackTarget>();
  readonly targets = new Map<string, Target>();
  mailer: Mailer = {
    send: async () => ({ taken: [], refusal: { reason: "no network", isForGood: false } }),
  };
  /** Messages to chats and builds. */
  readonly told: HttpRequest[] = [];
  onTold: Outgoing["send"] = async () => ({ kind: "failure", sent: false, reason: "no network" });
  readonly cloud = new SimulatedCloud({ now: () => this.nowMs, random: seededRandom(1) });
  readonly backend: Backend;

  constructor() {
    const http = asHttp(this.cloud);
    const send = async (request: HttpRequest) => {
      this.requests.push(request);
      this.onRequest(request);
      return this.onAnswer(request, await http.send(request));
    };
    const log = (message: string, fields: Record<string, unknown> = {}): void => {
      this.logged.push(`${message} ${JSON.stringify(fields)}`);
    };
    const random = seededRandom(2);
    const now = (): number => this.nowMs;
    this.configs.set("mycloud", configOf(this.cloud, this.cloud.demo));
    this.backend = {
      store: this.store,
      queue: {
        send: async (queue, request, delaySeconds) => {
          this.sent.push({ queue, request, delaySeconds });
        },
      },
      clouds: openClouds(this.configs, {
        http: () => ({ send }),
        now,
        timing,
        probe: async (target) => this.cloud.probe(target),
      }),
      ids: {
        random,
        uuid: () => uuidFrom(random),
        short: () => random().toString(36).slice(2, 8).padEnd(6, "0"),
      },
      log: { info: log, warn: log, error: log },
      metrics: { put: (...measured) => this.measured.push(measured) },
      timing,
      now,
      installationId: "home01home02",
      recipes: this.recipes,
      senders: async () => this.senders,
      chat: async () => this.chat,
      callbacks: async () => this.callbacks,
      targets: async () => this.targets,
      mailer: { send: (mail, smtp) => this.mailer.send(mail, smtp) },
      outgoing: {
        send: async (request, to) => {
          this.told.push(request);
          return this.onTold(request, to);
        },
      },
    };
  }

  /** Has the function run as its host would. */
  call<Event, Result>(
    handler: (event: Event, context: Context) => Promise<Result>,
    event: Event,
    context: Partial<Context> = {},
  ): Promise<Result> {
    return withBackend(this.backend, () => handler(event, { ...lambdaContext, ...context }));
  }

  /** The record as if it had been committed so often. */
  put(key: Key, doc: object, version: number, is: Partial<Item> = {}): void {
    const attributes = { sweepAtMs: null, cancelAtMs: null, day: null, expiresAtMs: null };
    const item = { key, version, writeId: "w", ...attributes, doc: JSON.stringify(doc), ...is };
    this.store.table.items.set(`${key.pk}\n${key.sk}`, item);
  }

  putRun(run: Run, version: number, is: Partial<Item> = {}): void {
    this.put(runKey(run.id), runSchema.parse(run), version, is);
  }

  putRecipeState(recipeState: RecipeState): void {
    this.put(recipeStateKey(recipeState.recipeName), recipeStateSchema.parse(recipeState), 1);
  }

  async item(key: Key): Promise<Item> {
    const item = await this.store.get(key);
    if (item === null) throw new Error(`nothing is stored under ${key.pk} ${key.sk}`);
    return item;
  }

  async run(id: string): Promise<Run> {
    return runSchema.parse(JSON.parse((await this.item(runKey(id))).doc));
  }

  async recipeState(recipeName: string): Promise<RecipeState> {
    return recipeStateSchema.parse(JSON.parse((await this.item(recipeStateKey(recipeName))).doc));
  }

  /** Method and path of every request to this service, without its root. */
  requestsTo(path: RegExp): string[] {
    return this.requests
      .map(({ method, url }) => `${method} ${new URL(url).pathname}${new URL(url).search}`)
      .filter((request) => path.test(request));
  }
}

const sqsEvent: z.ZodMiniType<SQSEvent> = z.strictObject({
  Records: z.array(
    z.strictObject({
      messageId: z.guid(),
      receiptHandle: z.string(),
      body: z.string(),
      attributes: z.strictObject({
        ApproximateReceiveCount: z.string(),
        SentTimestamp: z.string(),
        SenderId: z.string(),
        ApproximateFirstReceiveTimestamp: z.string(),
        DeadLetterQueueSourceArn: z.optional(z.string()),
      }),
      messageAttributes: z.record(z.string(), z.never()),
      md5OfBody: z.hash("md5"),
      eventSource: z.literal("aws:sqs"),
      eventSourceARN: z.string(),
      awsRegion: z.string(),
    }),
  ),
});

/** One of `events/`, such as `check-status/batch`. */
export function sqsSample(name: string): SQSEvent {
  return sqsEvent.parse(JSON.parse(readSample(name)));
}

export function readSample(name: string): string {
  return readFileSync(new URL(`../../events/${name}.json`, import.meta.url), "utf8");
}

/** The ids of an event's messages, in order. */
export function messageIds(event: SQSEvent): string[] {
  return event.Records.map(({ messageId }) => messageId);
}

/** The little of Lambda's context that middy looks at. */
const lambdaContext = z.custom<Context>().parse({
  functionName: "test",
  awsRequestId: "test",
  callbackWaitsForEmptyEventLoop: false,
});
