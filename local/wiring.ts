import { parseDocument } from "yaml";
import * as z from "zod/mini";

export interface RoutePath {
  method: string;
  /** Path with names in braces for variable parts: `/webhooks/{sender}`. */
  path: string;
}

/** One function of serverless.yml and what calls it. */
export interface WiredFunction {
  name: string;
  /** Module path from the root, without extension. `dist/` has its bundle. */
  module: string;
  queue: { batchSize: number; windowSeconds: number } | null;
  /** Null: no schedule calls it. */
  everyMinutes: number | null;
  /** Null: it answers no requests that others sign. */
  route: RoutePath | null;
  /** Routes of the page and the HTTP API. `regild serve` answers them without the function. */
  pageRoutes: RoutePath[];
  /** True if the table's stream calls it. Only AWS has that stream. */
  streamed: boolean;
}

export interface Wiring {
  functions: WiredFunction[];
  visibilitySeconds: number;
  /** Longest time of an invocation. */
  timeoutSeconds: number;
  /** Most receives of a message. After that, the message is a dead letter. */
  maxReceives: number;
}

const sqs = z.object({
  batchSize: z.int().check(z.positive()),
  maximumBatchingWindow: z._default(z.int(), 0),
});
const rate = z.pipe(
  z.string().check(z.regex(/^rate\(\d+ minutes?\)$/, "is no rate in minutes")),
  z.transform((text) => Number.parseInt(text.slice("rate(".length), 10)),
);
const schedule = z.object({ rate: z.tuple([rate]) });
const httpApi = z.strictObject({
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
  path: z
    .string()
    .check(z.regex(/^(\/|(\/([\w.-]+|\{\w+\}))+)$/, "is no path such as /webhooks/{sender}")),
});
/** Refuses any other source, because the host would never call its function. */
const events = z.array(
  z.strictObject({
    sqs: z.optional(sqs),
    schedule: z.optional(schedule),
    stream: z.optional(z.object({ type: z.literal("dynamodb") })),
    httpApi: z.optional(httpApi),
  }),
);
/** Paths of requests that their senders sign, or that prove by a token of their own what they may do. */
const SIGNED = /^\/(webhooks|chat|hooks)\//;
const fileSchema = z.object({
  custom: z.object({
    timeout: z.int().check(z.positive()),
    visibility: z.int().check(z.positive()),
    receives: z.int().check(z.positive()),
  }),
  functions: z.record(z.string(), z.object({ handler: z.string(), events })),
});

/** The same wiring that deploys to AWS, read for one machine. @param text of serverless.yml. */
export function readWiring(text: string): Wiring {
  // Ignores CloudFormation's tags (!GetAtt).
  const document = parseDocument(text, { logLevel: "silent" });
  const { custom, functions } = fileSchema.parse(document.toJS());
  return {
    functions: Object.entries(functions).map(([name, { handler, events }]) => {
      const routes = events.flatMap(({ httpApi: route }) => route ?? []);
      const queue = events.find((event) => event.sqs !== undefined)?.sqs;
      return {
        name,
        module: handler.replace(/^dist\//, "").replace(/\.\w+$/, ""),
        queue:
          queue === undefined
            ? null
            : { batchSize: queue.batchSize, windowSeconds: queue.maximumBatchingWindow },
        everyMinutes:
          events.find((event) => event.schedule !== undefined)?.schedule?.rate[0] ?? null,
        route: routes.find(({ path }) => SIGNED.test(path)) ?? null,
        pageRoutes: routes.filter(({ path }) => !SIGNED.test(path)),
        streamed: events.some((event) => event.stream !== undefined),
      };
    }),
    visibilitySeconds: custom.visibility,
    timeoutSeconds: custom.timeout,
    maxReceives: custom.receives,
  };
}
