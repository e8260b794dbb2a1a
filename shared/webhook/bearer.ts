import { type Delivery, headerOf, refused, type Verdict } from "./delivery.ts";
import { isAmong, sha256 } from "./digest.ts";
import { idAt } from "./places.ts";
import type { Sender } from "./sender.ts";

/** `Authorization: Bearer TOKEN`, RFC 6750. regild.yml holds only the token's SHA-256. Proves nothing of the body. */
export function verifyBearer(
  delivery: Delivery,
  secrets: readonly string[],
  _nowMs: number,
  sender: Sender,
): Verdict {
  const header = headerOf(delivery, "authorization") ?? "";
  const token = /^Bearer +(?<token>[\w.~+/-]+=*)$/i.exec(header)?.groups?.["token"];
  const isKnown = isAmong(sha256(token ?? "").toString("hex"), secrets);
  if (token === undefined) return refused("Authorization is no bearer token");
  return isKnown
    ? { isGenuine: true, id: idAt(delivery, sender) }
    : refused("the bearer token is unknown");
}
