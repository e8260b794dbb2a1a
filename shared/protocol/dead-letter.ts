import type { Wake } from "../ports.ts";
import { runSchema } from "../run/record.ts";
import { commit, load } from "./actor.ts";
import { settlesAtMs } from "../run/intent.ts";
import type { Deps } from "./step.ts";
import { LOST_AFTER_MS } from "./turn.ts";

/**
 * Fails the run that the message was for, if it still stands at that version: a run that has gone on without the
 * message is left alone. Undoing is the work of `abandon`; a run that died there is left to the sweep and its deadline.
 */
export async function buryRun(deps: Deps, { key, version }: Wake): Promise<void> {
  if (!key.sk.startsWith("run#")) return;
  const run = await load(deps.store, key, runSchema);
  if (run === null || run.version !== version || run.doc.outcome !== null) return;
  const { doc } = run;
  if (doc.step === "abandon" || doc.promoted) return;
  if (doc.intent !== null && deps.now() < settlesAtMs(doc.intent, deps.timing)) return;
  const atMs = deps.now();
  const failure = {
    code: "internal-error",
    message: `Regild could not process this run in ${doc.step}`,
    remedy: "The host's log says why, under this run's id. Report it, then refresh again",
    step: doc.step,
    atMs,
    evidence: [],
  };
  const failed = { ...doc, failure, step: "abandon" as const, stepSinceMs: atMs, lookAtMs: atMs };
  const won = await commit(deps, run, failed, { sweepAtMs: atMs + LOST_AFTER_MS });
  if (won !== null) await deps.queue.send("abandon", { key, version: won.version }, 0);
}
