import { commit, load } from "../protocol/actor.ts";
import { LOST_AFTER_MS } from "../protocol/session.ts";
import type { Deps } from "../protocol/step.ts";
import type { HookAnswer } from "../run/hook-state.ts";
import { isWaitingForHook } from "../run/hook.ts";
import { type Run, runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";

const MAX_RACES = 20;

export interface Answered {
  runId: string;
  attempt: number;
  answer: Omit<HookAnswer, "atMs">;
}

/**
 * Writes the answer of a hook into the run's record, and sends the run on. The first answer counts. The same one again
 * changes nothing.
 * @returns null: the run has this answer. Else why it cannot have it, and nothing was changed.
 */
export async function answerRun(
  deps: Pick<Deps, "store" | "queue" | "ids" | "now">,
  { runId, attempt, answer }: Answered,
): Promise<string | null> {
  for (let race = 0; race < MAX_RACES; race++) {
    const actor = await load(deps.store, runKey(runId), runSchema);
    if (actor === null) return `There is no run ${runId}`;
    const run = actor.doc;
    const before = run.attempt === attempt ? (run.hook?.answer ?? null) : null;
    if (before?.isReady === answer.isReady) return null;
    if (before !== null) return `Run ${runId} has another answer already`;
    const nowMs = deps.now();
    const isInTime = run.attempt === attempt && nowMs < (run.hook?.untilMs ?? 0);
    if (!isInTime || !isWaitingForHook(run) || actor.cancelAtMs !== null)
      return `Run ${runId} does not wait for this answer any more`;
    const won = await commit(deps, actor, withAnswer(run, { ...answer, atMs: nowMs }), {
      sweepAtMs: nowMs + LOST_AFTER_MS,
    });
    if (won === null) continue;
    await deps.queue.send(run.step, { key: won.key, version: won.version }, 0);
    return null;
  }
  throw new Error(`the record of ${runId} was changed by others ${MAX_RACES} times in a row`);
}

function withAnswer(run: Run, answer: HookAnswer): Run {
  const { hook, step, timeline, recipe } = run;
  if (hook === null) return run;
  const { atMs, isReady, text } = answer;
  const said = `${recipe.prepare.hook?.to ?? ""}: ${isReady ? "ready" : "not ready"}`;
  const line = text === null ? said : `${said}, ${text}`;
  const event = { atMs, step, kind: "observation" as const, text: line, count: 1, calls: [] };
  return {
    ...run,
    hook: { ...hook, answer },
    reconcileAtMs: atMs,
    timeline: [...timeline, event],
  };
}
