import { createHash } from "node:crypto";
import type { HttpRequest } from "../ports.ts";
import type { Run } from "../run/record.ts";
import { hmacSha256 } from "../webhook/digest.ts";
import type { WebhookTarget } from "./target.ts";

const PREFIX = "whsec_";
const TIMEOUT_MS = 15_000;

/**
 * The outcome of a run, the same bytes at every repetition.
 * @param run that was asked for. @param ended the same, or the one that it joined.
 */
export function bodyOf(run: Run, ended: Run): string {
  const { candidate, imageName, failure, source, outcome } = ended;
  const isGood = outcome === "succeeded" && candidate !== null;
  const inputs: Record<string, string | null> = {};
  for (const [name, { value }] of Object.entries(run.recipe.inputs)) inputs[name] = value;
  return JSON.stringify({
    type: `run.${outcome ?? ""}`,
    timestamp: new Date(ended.endedAtMs ?? 0).toISOString(),
    data: {
      schema: "regild/v1",
      run: run.id,
      recipe: run.recipeName,
      outcome,
      joined_run: run.joinedRunId,
      image: isGood
        ? {
            id: candidate.id,
            name: imageName ?? candidate.creationName,
            version: ended.recipe.image.version,
          }
        : null,
      source: source === null ? null : { kind: source.kind, id: source.id, name: source.name },
      inputs,
      failure:
        failure === null || isGood
          ? null
          : { code: failure.code, message: failure.message, remedy: failure.remedy },
      left: ended.leftovers,
    },
  });
}

/** Signed as Standard Webhooks has it, with each secret in use. Source: spec/standard-webhooks.md. */
export function requestOf(
  { url, secrets }: WebhookTarget,
  { id, body, nowMs }: { id: string; body: string; nowMs: number },
): HttpRequest {
  const seconds = Math.floor(nowMs / 1000);
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), "base64");
    return `v1,${hmacSha256("base64", key, `${id}.${seconds}.`, body)}`;
  });
  return {
    method: "POST",
    url,
    headers: {
      "content-type": "application/json",
      "user-agent": "regild",
      "webhook-id": id,
      "webhook-timestamp": String(seconds),
      "webhook-signature": signatures.join(" "),
    },
    body,
    timeoutMs: TIMEOUT_MS,
  };
}

/** The same at every repetition, without the dot that separates what is signed. */
export function messageId(runId: string, to: string): string {
  const digest = createHash("sha256").update(`${runId}\n${to}`).digest("hex");
  return `msg_${digest.slice(0, 27)}`;
}
