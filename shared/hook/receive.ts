import { type Answer, jsonAnswer, refusal } from "../json-answer.ts";
import { load } from "../protocol/actor.ts";
import { errorLine, errorOf } from "../protocol/error-text.ts";
import { sentOrSwept } from "../protocol/sent-or-swept.ts";
import type { Deps } from "../protocol/step.ts";
import { type HookDelivery, hookDeliverySchema, hookKey } from "../run/hook.ts";
import { runSchema } from "../run/record.ts";
import { isRunId, runKey } from "../run/run-id.ts";
import { isAmong, sha256 } from "../webhook/digest.ts";
import { answerRun } from "./answer-run.ts";
import { answerSchema, wordsOf } from "./answer.ts";

export interface HookArrival {
  /** The run in the URL. */
  run: string;
  headers: Readonly<Record<string, string | undefined>>;
  body: Uint8Array;
}

const MAX_BODY_BYTES = 64 * 1024;
const WRITE = '{"ready": true}, or {"ready": false, "reason": "…"}';

const TOO_LARGE = refusal(413, {
  code: "too-large",
  message: "The body is over 64 KiB",
  remedy: `Send ${WRITE}`,
});
/** The same whatever is wrong: a stranger does not learn which runs there are. */
const NOT_VERIFIED = refusal(401, {
  code: "not-verified",
  message: "The token is for no hook that waits",
  remedy:
    "Send Authorization: Bearer and the token of the request, to the path of the same request",
});
const WRONG_BODY = refusal(422, {
  code: "wrong-body",
  message: "The body does not say whether the source is ready",
  remedy: `Send ${WRITE}`,
});
const UNAVAILABLE = refusal(
  503,
  {
    code: "unavailable",
    message: "The answer could not be written down",
    remedy: "Send it again",
  },
  { "retry-after": "5" },
);

/** Takes the answer of a hook that calls back. The token of its request proves which run and attempt it is for. */
export async function receiveHookAnswer(
  on: Pick<Deps, "store" | "queue" | "ids" | "log" | "now">,
  { run: runId, headers, body }: HookArrival,
): Promise<Answer> {
  const refuse = (answer: Answer, reason: string): Answer => {
    on.log.warn("answer of a hook refused", { status: answer.status, reason });
    return answer;
  };
  if (body.length > MAX_BODY_BYTES) return refuse(TOO_LARGE, "the body is over 64 KiB");
  const token = /^Bearer +(?<token>[\w-]+)$/i.exec(headers["authorization"] ?? "")?.groups?.[
    "token"
  ];
  try {
    const delivery = await deliveryOf(on, runId);
    const digest = sha256(token ?? "").toString("hex");
    const isKnown = isAmong(digest, delivery?.tokens ?? []);
    if (token === undefined || delivery === null || !isKnown)
      return refuse(NOT_VERIFIED, "the token is for no hook that waits");
    const said = answerSchema.safeParse(jsonOf(body));
    if (!said.success)
      return refuse(WRONG_BODY, "the body does not say whether the source is ready");
    const { ready: isReady, reason } = said.data;
    const text = wordsOf(reason, [token]);
    const { attempt } = delivery;
    // The hook is told that all is well: to send it again would send no message either.
    const deps = { ...on, queue: sentOrSwept(on.queue, on.log) };
    const problem = await answerRun(deps, { runId, attempt, answer: { isReady, text } });
    if (problem !== null) return refuse(over(problem), problem);
    on.log.info("answer of a hook taken", { run: runId, ready: isReady });
    return jsonAnswer(200, { run: runId, ready: isReady });
  } catch (error) {
    on.log.error("answer of a hook not taken", { error: errorLine(errorOf(error)) });
    return UNAVAILABLE;
  }
}

/** Of the attempt that the run is at. Null: there is none. */
async function deliveryOf(
  { store }: Pick<Deps, "store">,
  runId: string,
): Promise<HookDelivery | null> {
  if (!isRunId(runId)) return null;
  const run = await load(store, runKey(runId), runSchema);
  if (run === null) return null;
  return (await load(store, hookKey(runId, run.doc.attempt), hookDeliverySchema))?.doc ?? null;
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return null;
  }
}

function over(message: string): Answer {
  return refusal(409, {
    code: "hook-over",
    message,
    remedy: "Nothing has to be done. regild status shows how the run stands",
  });
}
