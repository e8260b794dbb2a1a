import { parseDocument } from "yaml";
import * as z from "zod/mini";

export interface RoutePath {
  method: string;
  /** With names in braces for parts that may be anything: `/webhooks/{sender}`. */
  path: string;
}

/** One function of serverless.yml and what calls it. */
export interface WiredFunction {
  name: string;
  /** Module path from the root, without extension: of what `dist/` holds bundled. */
  module: string;
  queue: { batchSize: number; windowSeconds: number } | null;
  /** Null: by no schedule. */
  everyMinutes: number | null;
  /** Null: it answers no requests. */
  route: RoutePath | null;
  /** It hangs on the table's stream, which there is on AWS only. */
  streamed: boolean;
}

export interface Wiring {
  functions: WiredFunction[];
  visibilitySeconds: number;
  /** A function that takes longer is stopped. */
  timeoutSeconds: number;
  /** A message received more often is a dead letter. */
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
    .check(z.regex(/^(\/([\w-]+|\{\w+\}))+$/, "is no path such as /webhooks/{sender}")),
});
/** Any other source is a mistake: what hangs on it would never be called here. */
const events = z.array(
  z.strictObject({
    sqs: z.optional(sqs),
    schedule: z.optional(schedule),
    stream: z.optional(z.object({ type: z.literal("dynamodb") })),
    httpApi: z.optional(httpApi),
  }),
);
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
  // CloudFormation's tags (!GetAtt) are of no use here.
  const document = parseDocument(text, { logLevel: "silent" });
  const { custom, functions } = fileSchema.parse(document.toJS());
  return {
    functions: Object.entries(functions).map(([name, { handler, events }]) => {
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
        route: events.find((event) => event.httpApi !== undefined)?.httpApi ?? null,
        streamed: events.some((event) => event.stream !== undefined),
      };
    }),
    visibilitySeconds: custom.visibility,
    timeoutSeconds: custom.timeout,
    maxReceives: custom.receives,
  };
}
