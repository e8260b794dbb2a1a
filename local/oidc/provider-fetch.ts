import type { CustomFetch } from "openid-client";
import type { Http } from "../../shared/ports.ts";
import { NoAnswer } from "./failure.ts";

/** A sign-in asks up to four times, and a function on AWS answers within 28 seconds. */
const TIMEOUT_MS = 6_000;

/** `fetch` for openid-client. */
export function providerFetch(http: Http): CustomFetch {
  return async (url, { method, headers, body }) => {
    if (method !== "GET" && method !== "POST") throw new TypeError(`no ${method} is sent`);
    const text = body instanceof URLSearchParams || typeof body === "string" ? String(body) : null;
    const sent = { method, url, headers, timeoutMs: TIMEOUT_MS } as const;
    const answer = await http.send(text === null ? sent : { ...sent, body: text });
    if (answer.kind === "failure") throw new NoAnswer(answer.reason);
    const hasBody = answer.status !== 204 && answer.status !== 304;
    return new Response(hasBody ? answer.text : null, {
      status: answer.status,
      headers: answer.headers,
    });
  };
}
