import { type Delivery, headerOf, refused, type Verdict } from "./delivery.ts";
import { isSecretAmong, sha256 } from "./digest.ts";
import { isSigningSecret, verifyStandardWebhooks } from "./standard-webhooks.ts";

/**
 * GitLab signs by Standard Webhooks where the webhook has a signing token, `whsec_…`; else it sends its secret token as
 * it is, and proves nothing of the body.
 * Source: docs.gitlab.com, Webhooks; gitlab-org/gitlab!230944 (signing token).
 */
export function verifyGitlab(
  delivery: Delivery,
  secrets: readonly string[],
  nowMs: number,
): Verdict {
  const signing = secrets.filter(isSigningSecret);
  const tokens = secrets.filter((secret) => !isSigningSecret(secret));
  const bySignature = verifyStandardWebhooks(delivery, signing, nowMs);
  const token = headerOf(delivery, "x-gitlab-token");
  const isTokenKnown = isSecretAmong(token ?? "", tokens);
  if (bySignature.isGenuine || tokens.length === 0) return bySignature;
  if (!isTokenKnown) {
    const problem = `X-Gitlab-Token is ${token === null ? "missing" : "no secret"}`;
    return refused(signing.length === 0 ? problem : `${bySignature.reason}, and ${problem}`);
  }
  const id = headerOf(delivery, "idempotency-key") ?? headerOf(delivery, "webhook-id");
  return { isGenuine: true, id: id ?? idBefore174(delivery) };
}

/**
 * GitLab before 17.4 has no Idempotency-Key. X-Gitlab-Event-UUID exists to detect loops: events that one webhook causes
 * through GitLab's API share it, so the body is part of the id. Resend sends the same body under a new UUID.
 * Source: gitlab-org/gitlab, lib/gitlab/web_hooks/recursion_detection/uuid.rb; gitlab-org/gitlab!160952.
 */
function idBefore174(delivery: Delivery): string | null {
  const uuid = headerOf(delivery, "x-gitlab-event-uuid");
  return uuid === null ? null : `${uuid} ${sha256(delivery.body).toString("hex")}`;
}
