import { type Delivery, headerOf, refused, type Verdict } from "./delivery.ts";
import { hmacSha256, isAmong } from "./digest.ts";

/**
 * The body alone is signed, without a time: neither its age nor the other headers are proven.
 * Source: docs.github.com, Validating webhook deliveries.
 */
export function verifyGithub(delivery: Delivery, secrets: readonly string[]): Verdict {
  const expected = secrets.map((secret) => `sha256=${hmacSha256("hex", secret, delivery.body)}`);
  const signature = headerOf(delivery, "x-hub-signature-256");
  if (signature === null) return refused("X-Hub-Signature-256 is missing");
  if (!isAmong(signature, expected)) return refused("X-Hub-Signature-256 is of no secret");
  return { isGenuine: true, id: headerOf(delivery, "x-github-delivery") };
}
