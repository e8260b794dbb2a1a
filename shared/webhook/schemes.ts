import { verifyBearer } from "./bearer.ts";
import { type Delivery, headerOf, type Verdict } from "./delivery.ts";
import { verifyGithub } from "./github.ts";
import { verifyGitlab } from "./gitlab.ts";
import { verifyHmac } from "./hmac.ts";
import { eventAt } from "./places.ts";
import type { Scheme, Sender } from "./sender.ts";
import { verifyStandardWebhooks } from "./standard-webhooks.ts";

interface SchemeRules {
  /** Digests the body whatever is missing: how long a refusal takes tells little of its reason. */
  verify: (
    delivery: Delivery,
    secrets: readonly string[],
    nowMs: number,
    sender: Sender,
  ) => Verdict;
  /** What a recipe's `webhook.event` is compared with; null: the delivery does not say. */
  eventOf: (delivery: Delivery, payload: object, sender: Sender) => string | null;
  /** The event by which a sender only asks whether anybody is there. */
  greeting: string | null;
}

export const SCHEME_RULES: Record<Scheme, SchemeRules> = {
  github: {
    verify: verifyGithub,
    eventOf: (delivery) => headerOf(delivery, "x-github-event"),
    greeting: "ping",
  },
  gitlab: {
    verify: verifyGitlab,
    eventOf: (delivery) => headerOf(delivery, "x-gitlab-event"),
    greeting: null,
  },
  standard_webhooks: {
    verify: verifyStandardWebhooks,
    eventOf: (_delivery, payload) =>
      "type" in payload && typeof payload.type === "string" ? payload.type : null,
    greeting: null,
  },
  hmac: { verify: verifyHmac, eventOf: eventAt, greeting: null },
  bearer: { verify: verifyBearer, eventOf: eventAt, greeting: null },
};
