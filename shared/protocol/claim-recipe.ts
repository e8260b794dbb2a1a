import type { Ctx } from "../context.ts";
import type { RecipeState } from "../image/recipe-state.ts";
import { load } from "./actor.ts";
import type { Decision } from "./step.ts";
import { haveSameInputs } from "../recipe/inputs.ts";
import { dequeue, enqueue, MAX_QUEUED, QUEUED_MS, queuedBefore } from "../run/queued-runs.ts";
import { type Run, runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import { ownerCheckMs } from "../source/item.ts";

/** Another run of the recipe that works on it, or is queued before this one. */
interface Ahead {
  id: string;
  /** True if it makes the image that this run would make. */
  sameInputs: boolean;
}

export interface SeenClaim {
  kind: "recipe";
  activeRun: string | null;
  isQueued: boolean;
  /** Runs under way, first to last. */
  ahead: Ahead[];
  /** Runs of the recipe's record that have ended, or never came to be. */
  ended: string[];
  seq: number;
}

export type ClaimAct =
  | { kind: "take-recipe"; from: string | null; ended: string[] }
  | { kind: "enqueue"; ended: string[] };

/** True if the run may take the recipe now. */
export function isNext({ activeRun, ahead }: SeenClaim, run: Run): boolean {
  return activeRun !== run.id && ahead.length === 0;
}

/** Null: the run works on the recipe already. */
export async function seeClaim(
  ctx: Pick<Ctx, "recipeState" | "store">,
  run: Run,
): Promise<SeenClaim | null> {
  const recipeState = await ctx.recipeState();
  const { activeRun, seq, queuedRuns } = recipeState;
  if (activeRun === run.id && run.seq === seq) return null;
  if (activeRun === run.id) {
    return { kind: "recipe", activeRun, isQueued: false, ahead: [], ended: [], seq };
  }
  const isQueued = queuedRuns.some(({ id }) => id === run.id);
  const ahead: Ahead[] = [];
  const ended: string[] = [];
  const others = queuedBefore(recipeState, run.id).map(({ id }) => id);
  for (const id of activeRun === null ? others : [activeRun, ...others]) {
    const other = await load(ctx.store, runKey(id), runSchema);
    if (other === null || other.doc.outcome !== null) ended.push(id);
    else ahead.push({ id, sameInputs: haveSameInputs(run.recipe, other.doc.recipe) });
  }
  return { kind: "recipe", activeRun, isQueued, ahead, ended, seq };
}

/**
 * Claims the recipe for a run, because one run at a time works on it. A later run with the same inputs wants the same
 * image, so it joins. A run with other inputs never joins. Queued runs follow in the order of their starts, and their
 * deadline begins when they become active.
 */
export function decideClaim(run: Run, seen: SeenClaim, nowMs: number): Decision<ClaimAct> {
  const { activeRun, isQueued, ahead, ended, seq } = seen;
  if (activeRun === run.id) {
    const deadlineAtMs = run.queuedAtMs === null ? run.deadlineAtMs : nowMs + run.recipe.deadlineMs;
    return { kind: "note", text: `run ${seq} of ${run.recipeName}`, set: { seq, deadlineAtMs } };
  }
  const [first] = ahead;
  if (first === undefined) {
    return {
      kind: "act",
      act: { kind: "take-recipe", from: activeRun, ended },
      text: `${run.recipeName} is refreshed by this run`,
    };
  }
  const queued = { queuedAtMs: run.queuedAtMs ?? nowMs, deadlineAtMs: queuedUntilMs(run) };
  if (isQueued) {
    const others = ahead.length === 1 ? "" : `, and ${ahead.length - 1} more`;
    const text = `queued: waits for ${first.id}${others}`;
    return { kind: "wait", seconds: ahead.length === 1 ? 10 : 30, text, set: queued };
  }
  const { ifRunning } = run.recipe;
  if (ifRunning === "skip") return { kind: "skip", text: `skipped: ${first.id} is under way` };
  const same = ahead.find(({ sameInputs }) => sameInputs);
  if (ifRunning === "join" && same !== undefined) return { kind: "join", runId: same.id };
  if (ahead.filter(({ id }) => id !== activeRun).length >= MAX_QUEUED) {
    return { kind: "skip", text: `skipped: ${MAX_QUEUED} runs of ${run.recipeName} wait already` };
  }
  return { kind: "act", act: { kind: "enqueue", ended }, text: "is queued", set: queued };
}

function queuedUntilMs({ startedAtMs }: Run): number {
  return startedAtMs + QUEUED_MS;
}

export async function performClaim(ctx: Ctx, run: Run, act: ClaimAct): Promise<void> {
  const { ended } = act;
  if (act.kind === "enqueue") {
    const { id, startedAtMs } = run;
    await ctx.changeRecipeState((state) => enqueue(state, { id, startedAtMs }, ended));
    return;
  }
  const { from } = act;
  await ctx.changeRecipeState((state) => {
    const [next] = dequeue(state, ended).queuedRuns;
    const isFree = state.activeRun === from && (next === undefined || next.id === run.id);
    return isFree ? taken(dequeue(state, [...ended, run.id]), run, ctx.now()) : null;
  });
}

function taken(state: RecipeState, run: Run, nowMs: number): RecipeState {
  const checkRunAtMs = nowMs + ownerCheckMs(0);
  return { ...state, activeRun: run.id, seq: state.seq + 1, checkRunAtMs };
}
