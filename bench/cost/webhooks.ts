import { storedText } from "../../shared/settings/settings.ts";
import type { Stack } from "../../test/aws/stack/stack.ts";
import { githubSignature } from "../../test/unit/webhook/sign.ts";
import type { Meter } from "./meter.ts";
import { type Quantities, sum, times } from "./quantities.ts";
import { emptyTally, quantitiesOf } from "./tally.ts";

const SECRET = "a secret of the bench";
const COUNT = 24;
const HOUR_MS = 3_600_000;

/** What the stack of the bench is to have of senders. */
export const SENDERS = storedText({
  senders: new Map([["ci", { scheme: "github", secrets: [SECRET] }]]),
  chat: new Map(),
  callbacks: new Map(),
  notifications: new Map(),
});

/**
 * Of one delivery that is verified and starts nothing, an hour after the one before: no instance is left by then. What a
 * delivery costs that starts a run, comes with the run.
 */
export async function costOfWebhook(stack: Stack, meter: Meter): Promise<Quantities> {
  const { httpApi, clock } = stack.parts;
  const body = JSON.stringify({ action: "completed", workflow_run: { head_branch: "main" } });
  meter.start();
  for (let sent = 0; sent < COUNT; sent += 1) {
    const { status } = await httpApi.request({
      method: "POST",
      path: "/webhooks/ci",
      headers: {
        "x-github-event": "workflow_run",
        "x-github-delivery": `delivery-${sent}`,
        "x-hub-signature-256": githubSignature(SECRET, body),
      },
      body,
    });
    if (status !== 200) throw new Error(`a webhook was answered ${status}`);
    clock.jumpTo(clock.now() + HOUR_MS);
  }
  const lambda = stack.function("on-webhook");
  const tally = meter.read().tallies.get(lambda) ?? emptyTally();
  return sum([times(quantitiesOf(tally, lambda.memoryMib), 1 / COUNT), { httpRequest: 1 }]);
}
