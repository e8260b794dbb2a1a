import { type Delivery, headerOf, refused, type Verdict } from "./delivery.ts";
import { hmacSha256, isAmong } from "./digest.ts";

const PREFIX = "whsec_";
const SHORTEST_KEY_BYTES = 24;
const LONGEST_KEY_BYTES = 64;

/** On both sides, as the libraries of the specification have it. */
const WINDOW_MS = 5 * 60_000;

const HEADERS = ["id", "timestamp", "signature"];

/** A sender signs with each key in use; more than this in one header only costs time before the sender is known. */
const MOST_SIGNATURES = 20;

/**
 * Id, time and body are signed, with every key that is in use: the header holds several signatures.
 * Svix, where the specification comes from, names the same three headers `svix-`; the specification's libraries read both.
 * Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md; docs.svix.com, Verifying payloads.
 */
export function verifyStandardWebhooks(
  delivery: Delivery,
  secrets: readonly string[],
  nowMs: number,
): Verdict {
  const names = namesIn(delivery);
  const [id = "", timestamp = "", signatures = ""] = names.map(
    (name) => headerOf(delivery, name) ?? "",
  );
  const expected = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), "base64");
    return `v1,${hmacSha256("base64", key, `${id}.${timestamp}.`, delivery.body)}`;
  });
  const given = signatures.split(" ", MOST_SIGNATURES + 1);
  const isSigned = given.slice(0, MOST_SIGNATURES).some((each) => isAmong(each, expected));
  const missing = names.find((name) => headerOf(delivery, name) === null);
  if (missing !== undefined) return refused(`${missing} is missing`);
  const [, , signatureName] = names;
  if (given.length > MOST_SIGNATURES) {
    return refused(`${signatureName} has over ${MOST_SIGNATURES} signatures`);
  }
  if (!isSigned) return refused(`${signatureName} is of no secret`);
  return timeProblem(timestamp, nowMs) ?? { isGenuine: true, id };
}

/** Never a mixture of both kinds. */
function namesIn(delivery: Delivery): string[] {
  const [standard = [], svix = []] = ["webhook", "svix"].map((prefix) =>
    HEADERS.map((name) => `${prefix}-${name}`),
  );
  const has = (name: string) => headerOf(delivery, name) !== null;
  return !standard.some(has) && svix.some(has) ? svix : standard;
}

function timeProblem(timestamp: string, nowMs: number): Verdict | null {
  if (!/^\d{1,12}$/.test(timestamp)) return refused("webhook-timestamp is no time in seconds");
  const ageMs = nowMs - Number(timestamp) * 1000;
  if (ageMs > WINDOW_MS) return refused("webhook-timestamp is over five minutes old");
  if (ageMs < -WINDOW_MS) return refused("webhook-timestamp is over five minutes ahead");
  return null;
}

/** Whether it is for signing: GitLab has secrets of both kinds. */
export function isSigningSecret(secret: string): boolean {
  return secret.startsWith(PREFIX);
}

/** Never with the secret in it; null: its key can be used. */
export function signingSecretProblem(secret: string): string | null {
  const text = secret.slice(PREFIX.length);
  const key = Buffer.from(text, "base64");
  const isBase64 = key.toString("base64").replace(/=+$/, "") === text.replace(/=+$/, "");
  if (!isBase64) return "is not base64 after whsec_. Copy it anew";
  return key.length < SHORTEST_KEY_BYTES || key.length > LONGEST_KEY_BYTES
    ? `holds ${key.length} bytes, and ${SHORTEST_KEY_BYTES} to ${LONGEST_KEY_BYTES} are allowed. Make one: echo "whsec_$(openssl rand -base64 32)"`
    : null;
}
