import type { HttpResponse } from "../../shared/ports.ts";
import { htmlError, Refusal } from "./answers.ts";
import type { Arrival } from "./exchange.ts";
import type { ExchangeEffect } from "./faults.ts";
import type { World } from "./world.ts";

/** How an exchange ends for the one who asked. */
export type Exchange =
  | { kind: "answer"; response: HttpResponse; afterSeconds: number }
  | { kind: "unreachable" }
  | { kind: "reset" }
  | { kind: "silence" };

const answered = (response: HttpResponse, afterSeconds = 0): Exchange => ({
  kind: "answer",
  response,
  afterSeconds,
});

/** The exchange as its effect leaves it. */
export function spoil(world: World, { effect, execute, word }: Arrival): Exchange {
  if (effect === null) return answered(execute());
  switch (effect.kind) {
    case "unreachable":
      return { kind: "unreachable" };
    case "reset":
    case "silence":
      if (effect.executed) execute();
      return { kind: effect.kind };
    case "delayed":
      world.after(effect.seconds, () => void execute());
      return { kind: "silence" };
    case "latency":
      return answered(execute(), effect.seconds);
    case "status":
      if (effect.executed === true) execute();
      return answered(otherStatus(effect, word));
    case "truncated": {
      const response = execute();
      const half = Math.floor(response.text.length / 2);
      return answered({ ...response, text: response.text.slice(0, half) });
    }
  }
}

function otherStatus(
  { status, message, headers, html }: Extract<ExchangeEffect, { kind: "status" }>,
  word: Arrival["word"],
): HttpResponse {
  const text = message ?? "The simulated cloud was told to answer so.";
  if (html !== true) return word(new Refusal(status, text, headers));
  const page = htmlError(status, text);
  return word({ ...page, headers: { ...page.headers, ...headers } });
}
