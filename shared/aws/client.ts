import * as z from "zod/mini";
import type { HttpFailure, HttpResponse } from "../ports.ts";
import { type AwsCall, AwsError, isThrottled, type Refusal, type ServiceName } from "./error.ts";
import type { AwsAccess, AwsSeam } from "./seam.ts";
import { signedPost } from "./signed-post.ts";

/** Of each service's API model: what its targets begin with, and the version of the JSON protocol. */
const PROTOCOLS: Record<ServiceName, { target: string; json: "1.0" | "1.1" }> = {
  dynamodb: { target: "DynamoDB_20120810", json: "1.0" },
  sqs: { target: "AmazonSQS", json: "1.0" },
  ssm: { target: "AmazonSSM", json: "1.1" },
  secretsmanager: { target: "secretsmanager", json: "1.1" },
  events: { target: "AWSEvents", json: "1.1" },
};
const MAX_TRIES = 5;
const TRY_TIMEOUT_MS = 5000;
/** Of the first wait between two tries; it doubles with each. */
const GAP_MS = 100;
const THROTTLED_GAP_MS = 500;

/** AWS's own words for what it refuses; services differ in the capital. */
const refusalSchema = z.object({
  __type: z.optional(z.string()),
  message: z.optional(z.string()),
  Message: z.optional(z.string()),
});

/**
 * Calls of one service in the AWS JSON protocol, signed by `aws4`. Not AWS SDK v3: with its two clients bundled (106 KB
 * gzipped), a process needs 3.3 times the CPU time of an empty one until it is ready, and 4.7 times until its first
 * answer; with `aws4` over `node:https` (4 KB) 1.4 and 2.2 times (medians of 15 alternating runs, esbuild, Node 24.21).
 * Of the small signers it is the one that signs synchronously: one over `crypto.subtle` leaves the event loop, and a
 * simulator could no longer say what comes between two calls.
 */
export class AwsClient {
  private readonly service: ServiceName;
  private readonly access: AwsAccess;
  private readonly seam: AwsSeam;

  constructor(service: ServiceName, access: AwsAccess, seam: AwsSeam) {
    this.service = service;
    this.access = access;
    this.seam = seam;
  }

  /**
   * Sent again when nobody knows whether it was done, as everything that is called here may be: reads change nothing,
   * a commit is refused by its own hand (and finds its write id there), a mark sets the same once more, of a message
   * sent twice the second dies at the record's next version, and an event told twice has the same id.
   * @param on the table, queue, parameter, secret or bus, for errors.
   * @throws AwsError
   */
  async call<T>(action: string, on: string, input: object, answer: z.ZodMiniType<T>): Promise<T> {
    const body = JSON.stringify(input);
    for (let tries = 1; ; tries++) {
      const outcome = outcomeOf(await this.send(action, body), answer);
      if ("answer" in outcome) return outcome.answer;
      if (!outcome.passes || tries === MAX_TRIES) {
        const { region } = this.access;
        const call: AwsCall = { service: this.service, action, on, region };
        throw new AwsError(call, outcome, tries);
      }
      await this.backOff(tries, isThrottled(outcome.code));
    }
  }

  /** Waits before try `tries + 1`: between half and all of a gap that doubles, so that many workers do not come back at once. */
  async backOff(tries: number, throttled: boolean): Promise<void> {
    const gapMs = (throttled ? THROTTLED_GAP_MS : GAP_MS) * 2 ** (tries - 1);
    await this.seam.wait(Math.ceil(gapMs * (0.5 + this.seam.random() / 2)));
  }

  private send(action: string, body: string): Promise<HttpResponse | HttpFailure> {
    const { target, json } = PROTOCOLS[this.service];
    const headers = {
      "Content-Type": `application/x-amz-json-${json}`,
      "X-Amz-Target": `${target}.${action}`,
    };
    const call = { service: this.service, path: "/", body, headers };
    const times = { nowMs: this.seam.now(), timeoutMs: TRY_TIMEOUT_MS };
    return this.seam.http.send(signedPost(this.access, call, times));
  }
}

function outcomeOf<T>(
  exchange: HttpResponse | HttpFailure,
  answer: z.ZodMiniType<T>,
): { answer: T } | Refusal {
  if (exchange.kind === "failure") {
    const { reason } = exchange;
    return { code: "no answer", isAws: false, text: reason, requestId: null, passes: true };
  }
  const { status, headers, text } = exchange;
  const requestId = headers["x-amzn-requestid"] ?? null;
  const json = jsonIn(text);
  if (status === 200) {
    const read = answer.safeParse(json);
    if (read.success) return { answer: read.data };
    const why = z.prettifyError(read.error);
    return { code: "unreadable answer", isAws: false, text: why, requestId, passes: true };
  }
  const said = refusalSchema.safeParse(json).data ?? {};
  const isAws = said.__type !== undefined;
  const code = said.__type?.replace(/^.*#/, "") ?? `HTTP ${status}`;
  const passes = status >= 500 || status === 429 || isThrottled(code);
  return { code, isAws, text: said.message ?? said.Message ?? "", requestId, passes };
}

/** Undefined: no JSON, as of a proxy, or of an answer that was cut off. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
