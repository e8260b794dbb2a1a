import * as z from "zod/mini";
import type { Key } from "../ports.ts";
import type { Run } from "./record.ts";
import { runKey } from "./run-id.ts";

export const HOOK_PREFIX = "hook#";

const epochMs = z.int().check(z.nonnegative());

/** How the question of one attempt of a run gets to the hook. Written once the run's record says that it asks. */
export const hookDeliverySchema = z.strictObject({
  schema: z.literal(1),
  runId: z.string(),
  attempt: z.int().check(z.positive()),
  /** SHA-256 of each token that a request has shown, in hex. Who has one may answer later. */
  tokens: z.array(z.string()),
  /** Earliest time of the next request. */
  dueAtMs: epochMs,
  /** Requests in a row that the hook did not take. */
  failures: z.int().check(z.nonnegative()),
  /** Why it did not take the last one. Null: it did, or none was sent. */
  problem: z.nullable(z.string()),
  /** When the hook said that it answers later. Null: it has not. */
  takenAtMs: z.nullable(epochMs),
  /** When there was nothing left to send. Null: there is. */
  doneAtMs: z.nullable(epochMs),
});
export type HookDelivery = z.infer<typeof hookDeliverySchema>;

/** Beside the run, in the recipe's partition. */
export function hookKey(runId: string, attempt: number): Key {
  const { pk, sk } = runKey(runId);
  return { pk, sk: `${HOOK_PREFIX}${sk.slice("run#".length)}#hook-${attempt}` };
}

export function newDelivery(
  { id, attempt }: Pick<Run, "id" | "attempt">,
  nowMs: number,
): HookDelivery {
  return {
    schema: 1,
    runId: id,
    attempt,
    tokens: [],
    dueAtMs: nowMs,
    failures: 0,
    problem: null,
    takenAtMs: null,
    doneAtMs: null,
  };
}

/** True while nothing may be stopped, as the hook of the recipe has not said that the source is ready. */
export function needsHook({ recipe, hook }: Run): boolean {
  return recipe.prepare.hook !== null && hook?.answer?.isReady !== true;
}

/** The run has asked, and has no answer yet. */
export function isWaitingForHook({ step, hook, outcome, failure }: Run): boolean {
  const isUnderWay = step === "prepare-source" && outcome === null && failure === null;
  return isUnderWay && hook !== null && hook.answer === null;
}
