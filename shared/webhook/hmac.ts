import { createHmac } from "node:crypto";
import { type Delivery, headerOf, refused, type Verdict } from "./delivery.ts";
import { isAmong } from "./digest.ts";
import { idAt } from "./places.ts";
import type { Sender } from "./sender.ts";

/** On both sides. */
const WINDOW_MS = 5 * 60_000;
/** More signatures in one header only cost time before the sender is known. */
const MOST_SIGNATURES = 20;

/**
 * A sender that signs by HMAC in a way that regild.yml describes. With a time, `TIME.BODY` is signed, as Buildkite and
 * Stripe do; without one, the body alone, as CircleCI, Gitea and Forgejo do.
 * Sources: buildkite.com/docs/apis/webhooks/pipelines; circleci.com/docs/webhooks; docs.gitea.com/usage/webhooks.
 */
export function verifyHmac(
  delivery: Delivery,
  secrets: readonly string[],
  nowMs: number,
  sender: Sender,
): Verdict {
  const { header = "", prefix = "", algorithm = "sha256", encoding = "hex" } = sender;
  const { time_header: timeHeader, time_prefix: timePrefix = "" } = sender;
  const time =
    timeHeader === undefined ? null : (valuesIn(delivery, timeHeader, timePrefix)[0] ?? "");
  const expected = secrets.map((secret) => {
    const hmac = createHmac(algorithm, secret);
    if (time !== null) hmac.update(`${time}.`);
    return hmac.update(delivery.body).digest(encoding);
  });
  const given = valuesIn(delivery, header, prefix);
  const isSigned = given.slice(0, MOST_SIGNATURES).some((each) => isAmong(each, expected));
  if (given.length === 0) return refused(`${header} is missing, or has no ${prefix || "value"}`);
  if (given.length > MOST_SIGNATURES)
    return refused(`${header} has over ${MOST_SIGNATURES} values`);
  if (!isSigned) return refused(`${header} is of no secret`);
  const late = time === null ? null : timeProblem(time, nowMs);
  return late === null ? { isGenuine: true, id: idAt(delivery, sender) } : refused(late);
}

/** The values with that prefix in a header of one or several, separated by commas; without the prefix. */
function valuesIn(delivery: Delivery, header: string, prefix: string): string[] {
  const text = headerOf(delivery, header.toLowerCase()) ?? "";
  return text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "" && each.startsWith(prefix))
    .map((each) => each.slice(prefix.length));
}

function timeProblem(time: string, nowMs: number): string | null {
  if (!/^\d{1,12}$/.test(time)) return "the time is not in seconds";
  const ageMs = nowMs - Number(time) * 1000;
  if (ageMs > WINDOW_MS) return "the time is over five minutes old";
  return ageMs < -WINDOW_MS ? "the time is over five minutes ahead" : null;
}
