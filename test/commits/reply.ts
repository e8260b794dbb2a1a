import type { HttpResponse } from "../../shared/ports.ts";

/** What both git hosts answer with: a message as JSON. */
export function reply(status: number, message: string): HttpResponse {
  return {
    kind: "response",
    status,
    headers: { "content-type": "application/json; charset=utf-8" },
    text: JSON.stringify({ message }),
  };
}
