import type { IncomingMessage } from "node:http";
import { Refused } from "../http-answer.ts";
import { bodyOf } from "../request-body.ts";

const MAX_BODY_BYTES = 64 * 1024;
/** Source: draft-ietf-httpapi-idempotency-key-header, which leaves the length to the server. */
const KEY = /^[\x20-\x7e]{1,255}$/;

/** An empty body is an empty object. @throws Refused */
export async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const body = await bodyOf(request, MAX_BODY_BYTES);
  if (body === null) {
    const refused = new Refused(413, "too-large", "The body is over 64 KiB", null, "body");
    refused.answer.headers["connection"] = "close";
    throw refused;
  }
  if (body.length === 0) return {};
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    const remedy = "Send Content-Type: application/json";
    throw new Refused(415, "not-json", "The body is not said to be JSON", remedy, "Content-Type");
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new Refused(400, "not-json", "The body is no JSON", "Send a JSON object", "body");
  }
}

/** @throws Refused */
export function idempotencyKey({ headers }: IncomingMessage): string | null {
  const key = headers["idempotency-key"];
  if (key === undefined) return null;
  if (typeof key === "string" && KEY.test(key)) return key;
  const message = "Idempotency-Key is not 1 to 255 printable ASCII characters";
  const remedy = "Send a random UUID, and the same one when you send the request again";
  throw new Refused(400, "wrong-key", message, remedy, "Idempotency-Key");
}
