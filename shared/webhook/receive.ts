import type { Answer } from "../json-answer.ts";
import { sentOrSwept } from "../protocol/sent-or-swept.ts";
import { pauseProblem } from "../protocol/pause-problem.ts";
import { isRemembered, start } from "../protocol/start.ts";
import type { Deps } from "../protocol/step.ts";
import { errorOf, errorLine } from "../protocol/error-text.ts";
import { fillInputs } from "../recipe/inputs.ts";
import type { Recipe } from "../recipe/recipe.ts";
import {
  NO_ID,
  NOT_JSON,
  NOT_VERIFIED,
  outcome,
  type PassedOver,
  TOO_LARGE,
  UNAVAILABLE,
} from "./answer.ts";
import { givenInputs } from "./given-inputs.ts";
import { deliveryOf } from "./delivery.ts";
import { matchOf, recipesOf, type SenderEvent } from "./match.ts";
import { SCHEME_RULES } from "./schemes.ts";
import { outlookOf, type StartedRun } from "./outlook.ts";
import type { Sender } from "./sender.ts";
import { gapProblem } from "./start-gap.ts";

export const MAX_BODY_BYTES = 1024 * 1024;
/** It is part of the run's record. */
const LONGEST_ID = 255;
const LONGEST_NAME_TOLD = 40;

export interface Receiver extends Pick<
  Deps,
  "store" | "queue" | "keepTogether" | "ids" | "log" | "now"
> {
  /** The installation's name; asked for, as are the recipes, once a delivery is verified. */
  installationId: () => Promise<string>;
  recipes: () => ReadonlyMap<string, Recipe>;
  /** By name. */
  senders: () => Promise<ReadonlyMap<string, Sender>>;
}

export interface Arrival {
  /** The name in the URL. */
  sender: string;
  headers: Readonly<Record<string, string | undefined>>;
  body: Uint8Array;
}

/** Verified against when the sender is unknown, so that the answer takes as long. */
const NOBODY: Sender = {
  scheme: "standard_webhooks",
  secrets: [`whsec_${Buffer.from("what anybody may know of nobody").toString("base64")}`],
};

/**
 * Takes a delivery of a webhook: verifies it, and starts the recipes that it is for. Of its body nothing is read before,
 * and nothing is logged. A delivery that comes again leads to the same runs.
 */
export async function receive(on: Receiver, arrival: Arrival): Promise<Answer> {
  const name = arrival.sender;
  const told = { sender: name.slice(0, LONGEST_NAME_TOLD) };
  const refuse = (answer: Answer, reason: string): Answer => {
    on.log.warn("webhook refused", { ...told, status: answer.status, reason });
    return answer;
  };
  if (arrival.body.length > MAX_BODY_BYTES) return refuse(TOO_LARGE, "the body is over 1 MiB");
  const senders = await on.senders().catch((error: unknown) => {
    on.log.error("senders cannot be read", { ...told, error: errorLine(errorOf(error)) });
    return null;
  });
  if (senders === null) return UNAVAILABLE;

  const sender = senders.get(name);
  const by = sender ?? NOBODY;
  const { verify, eventOf, greeting } = SCHEME_RULES[by.scheme];
  const delivery = deliveryOf(arrival.headers, arrival.body);
  const verdict = verify(delivery, by.secrets, on.now(), by);
  if (sender === undefined) return refuse(NOT_VERIFIED, "no sender has this name");
  if (!verdict.isGenuine) return refuse(NOT_VERIFIED, verdict.reason);

  const payload = payloadOf(delivery.body);
  if (payload === null) return refuse(NOT_JSON, "the body is no JSON object");
  const { id } = verdict;
  if (id === null || id.length > LONGEST_ID) return refuse(NO_ID, "there is no id, or a long one");
  const event = eventOf(delivery, payload, by);
  if (event !== null && event === greeting) return outcome(200, [], []);
  return startMatching(on, { sender: name, event, payload }, id);
}

function payloadOf(body: Uint8Array): object | null {
  try {
    const payload: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    return typeof payload === "object" && !Array.isArray(payload) ? payload : null;
  } catch {
    return null;
  }
}

async function startMatching(on: Receiver, asked: SenderEvent, id: string): Promise<Answer> {
  const { sender, event } = asked;
  const told = { sender, event, delivery: id };
  const matching: Recipe[] = [];
  const passedOver: PassedOver[] = [];
  for (const recipe of recipesOf(on.recipes(), sender)) {
    const match = matchOf(recipe.webhook, asked);
    if (match.kind === "starts") {
      matching.push(recipe);
      continue;
    }
    const { reason, isTrouble } = match;
    passedOver.push({ recipe: recipe.name, reason });
    if (isTrouble) on.log.warn("when cannot be asked", { ...told, recipe: recipe.name, reason });
  }
  // The sender is told that all is well: to send it again would send no message either.
  const deps = { ...on, queue: sentOrSwept(on.queue, on.log) };
  const trigger = { kind: "webhook", by: sender, id: `${sender} ${id}` } as const;
  const started: Array<{ id: string; recipe: string }> = [];
  let runs: StartedRun[];
  try {
    for (const recipe of matching) {
      const installationId = await on.installationId();
      const isRepeated = await isRemembered(deps, installationId, recipe, trigger);
      const reason =
        (isRepeated ? null : await pauseProblem(deps, recipe.name)) ??
        (await gapProblem(deps, installationId, recipe, trigger));
      if (reason !== null) {
        passedOver.push({ recipe: recipe.name, reason });
        continue;
      }
      const filled = fillInputs(recipe, givenInputs(recipe, asked.payload));
      if ("problem" in filled) {
        passedOver.push({ recipe: recipe.name, reason: filled.problem });
        continue;
      }
      const id = await start(deps, installationId, filled.recipe, trigger);
      started.push({ id, recipe: recipe.name });
    }
    runs = await Promise.all(started.map((run) => outlookOf(deps, run)));
  } catch (error) {
    on.log.error("webhook starts nothing more", {
      ...told,
      runs: started,
      error: errorLine(errorOf(error)),
    });
    return UNAVAILABLE;
  }
  on.log.info("webhook taken", { ...told, runs, passedOver });
  return outcome(runs.length === 0 ? 200 : 202, runs, passedOver);
}
