import { messageId, requestOf } from "../callback/message.ts";
import type { WebhookTarget } from "../callback/target.ts";
import type { HttpRequest } from "../ports.ts";
import type { Run } from "../run/record.ts";
import { serversOf } from "../source/servers.ts";
import { hmacSha256 } from "../webhook/digest.ts";

const PREFIX = "whsec_";

/**
 * Whoever has it may answer for this attempt of this run, and for nothing else: it can be handed to the guest, which need
 * not know the secret. Made anew for each request, so that no record holds it.
 */
export function tokenFor({ id, attempt }: Pick<Run, "id" | "attempt">, secret: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), "base64");
  // Begins as no signed message does: those begin with msg_.
  const mac = hmacSha256("base64url", key, "regild hook answer\n", `${id}\n${attempt}`);
  return `rgh_${mac}`;
}

/** Signed as a callback is. The same id and body at every repetition. */
export function hookRequest(
  run: Run,
  { target, token, nowMs }: { target: WebhookTarget; token: string; nowMs: number },
): HttpRequest {
  const id = messageId(run.id, `hook ${run.attempt}`);
  return requestOf(target, { id, body: bodyOf(run, token), nowMs });
}

function bodyOf(run: Run, token: string): string {
  const { recipe, source, hook } = run;
  const inputs: Record<string, string | null> = {};
  for (const [name, { value }] of Object.entries(recipe.inputs)) inputs[name] = value;
  return JSON.stringify({
    type: "run.prepare",
    timestamp: timeOf(hook?.askedAtMs),
    data: {
      schema: "regild/v1",
      run: run.id,
      attempt: run.attempt,
      recipe: run.recipeName,
      cloud: recipe.cloud,
      region_name: recipe.region,
      source: source === null ? null : { kind: source.kind, id: source.id, name: source.name },
      servers: serversOf(run).map(({ id, name }) => ({ id, name })),
      waits_for_shutoff: recipe.prepare.waitForShutoffMs !== null,
      inputs,
      until: timeOf(hook?.untilMs),
      answer: { path: `/hooks/${run.id}`, token },
    },
  });
}

function timeOf(ms = 0): string {
  return new Date(ms).toISOString();
}
