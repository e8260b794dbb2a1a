import { type Answer, jsonAnswer, refusal } from "../json-answer.ts";

import type { StartedRun } from "./outlook.ts";

export interface PassedOver {
  recipe: string;
  reason: string;
}

export function outcome(
  status: 200 | 202,
  runs: readonly StartedRun[],
  passedOver: readonly PassedOver[],
): Answer {
  return jsonAnswer(status, { runs, passed_over: passedOver });
}

export const TOO_LARGE = refusal(413, {
  code: "too-large",
  message: "The body is over 1 MiB",
  remedy: "Have the sender send only the event that a recipe takes",
});

/** The same whatever is wrong: who is not known learns nothing, not even which senders there are. */
export const NOT_VERIFIED = refusal(401, {
  code: "not-verified",
  message: "Signature check failed",
  remedy: "Compare URL, scheme, secret and clock. The log says what is wrong",
});

export const NOT_JSON = refusal(400, {
  code: "not-json",
  message: "The body is not a JSON object",
  remedy: "Have the sender send application/json",
});

export const NO_ID = refusal(400, {
  code: "no-delivery-id",
  message: "The delivery has no id by which a repetition could be known, or one of over 255 bytes",
  remedy:
    "Send X-GitHub-Delivery, Idempotency-Key, X-Gitlab-Event-UUID or webhook-id, as the scheme has it",
});

export const UNAVAILABLE = refusal(
  503,
  {
    code: "unavailable",
    message: "What this would start could not be written down",
    remedy: "Send it again with the same id: what was started is not started twice",
  },
  { "retry-after": "30" },
);
