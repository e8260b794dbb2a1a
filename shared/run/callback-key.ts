import type { Key } from "../ports.ts";
import { runKey } from "./run-id.ts";

export const CALLBACK_PREFIX = "callback#";

/** The callback's record is beside the run, in the recipe's partition. */
export function callbackKey(runId: string): Key {
  const { pk, sk } = runKey(runId);
  return { pk, sk: `${CALLBACK_PREFIX}${sk.slice("run#".length)}` };
}
