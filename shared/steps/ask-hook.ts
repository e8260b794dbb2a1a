import type { Ctx } from "../context.ts";
import { commit, load, unborn } from "../protocol/actor.ts";
import type { Decision } from "../protocol/step.ts";
import {
  type HookDelivery,
  hookDeliverySchema,
  hookKey,
  needsHook,
  newDelivery,
} from "../run/hook.ts";
import type { Run } from "../run/record.ts";

export interface SeenHook {
  kind: "hook";
  /** Null: the question is in the run's record only. */
  delivery: HookDelivery | null;
}

export type HookAct = { kind: "open-hook" };

/** True from the question on, until the hook is ready. */
export function hasAskedHook(run: Run): boolean {
  return run.hook !== null && needsHook(run);
}

/** Announces the question. It is sent once the run's record has it. */
export function askHook({ recipe }: Run, nowMs: number): Decision<never> {
  const { to = "", timeoutMs = 0 } = recipe.prepare.hook ?? {};
  const hook = { askedAtMs: nowMs, untilMs: nowMs + timeoutMs, answer: null };
  return { kind: "note", text: `asks ${to} first`, set: { hook } };
}

export async function seeHook({ store }: Ctx, { id, attempt }: Run): Promise<SeenHook> {
  const found = await load(store, hookKey(id, attempt), hookDeliverySchema);
  return { kind: "hook", delivery: found?.doc ?? null };
}

/** Waits without a message: who brings the answer writes it into the run's record and sends one. */
export function decideHook(run: Run, { delivery }: SeenHook, nowMs: number): Decision<HookAct> {
  const { to = "" } = run.recipe.prepare.hook ?? {};
  const { answer = null, untilMs = 0 } = run.hook ?? {};
  const text = `waits for ${to}`;
  if (answer === null && nowMs < untilMs)
    return delivery === null
      ? { kind: "act", act: { kind: "open-hook" }, text }
      : { kind: "rest", untilMs: Math.min(untilMs, run.deadlineAtMs), text };
  const { why, ...failed } =
    answer === null
      ? { code: "hook-timeout", why: silence(delivery) }
      : { code: "hook-refused", why: answer.text ?? "no reason given" };
  return {
    kind: "fail",
    ...failed,
    message: `${to} does not say that the source is ready: ${why}`,
    remedy: `Look at the log of ${to}, then: regild refresh ${run.recipeName}`,
  };
}

function silence(delivery: HookDelivery | null): string {
  return delivery?.takenAtMs == null ? (delivery?.problem ?? "no answer") : "it did not call back";
}

/** If another worker was faster, its record stands. */
export async function openHook(ctx: Ctx, run: Run): Promise<void> {
  const opened = newDelivery(run, ctx.now());
  const over = unborn(hookKey(run.id, run.attempt), opened);
  await commit(ctx, over, opened, { sweepAtMs: opened.dueAtMs });
}
