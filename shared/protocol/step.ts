import type { Ctx, Problem } from "../context.ts";
import type { CloudRef, Clouds } from "../cloud-ports.ts";
import type { Ids, Log, Queue, Store, Timing } from "../ports.ts";
import type { Intent, IntentKind, Run } from "../run/record.ts";
import type { StepName } from "../run/step-names.ts";

/** What an invocation has to work with. */
export interface Deps {
  store: Store;
  queue: Queue;
  clouds: Clouds;
  ids: Ids;
  log: Log;
  timing: Timing;
  /** No cloud call of this invocation begins at this time or later; left out: each message has its own bound. */
  untilMs?: number;
  now(): number;
}

/**
 * - `advance`: this step is done.
 * - `note`: write down what was learnt and look again at once.
 * - `wait`: look again later.
 * - `rest`: somebody else has to do something. No message is sent: whoever does it sends one, else the sweep does then.
 * - `act`: do something that may be repeated (start, PATCH, DELETE by id, a change of the inventory), then look again:
 *   only the check is believed.
 * - `intend`: announce something that must not be doubled or must be undone, then do it at most once.
 * - `fail`: undo what this run did.
 * - `end`: this run does no more. `kept`: resources that are left to later messages of the recipe, and why.
 * - `join`: another run does it already.
 * - `skip`: nothing is done, as the recipe wishes.
 */
export type Decision<Act> =
  | { kind: "advance"; to: StepName; text: string; set?: Partial<Run> }
  | { kind: "note"; text: string; set: Partial<Run> }
  | { kind: "wait"; seconds: number; text: string; set?: Partial<Run> }
  | { kind: "rest"; untilMs: number; text: string }
  | { kind: "act"; act: Act; text: string; set?: Partial<Run>; thenWaitSeconds?: number }
  | { kind: "intend"; intent: IntentKind; text: string }
  | ({ kind: "fail" } & Problem)
  | { kind: "end"; text: string; kept: Array<{ id: string; why: string }> }
  | { kind: "join"; runId: string }
  | { kind: "skip"; text: string };

/** One step of a run: reads, a pure decision, acts. */
export interface StepDefinition<Seen, Act> {
  observe(ctx: Ctx, run: Run): Promise<Seen>;
  decide(run: Run, seen: Seen, nowMs: number): Decision<Act>;
  perform(ctx: Ctx, run: Run, act: Act): Promise<void>;
}

export type StepResult =
  | Exclude<Decision<never>, { kind: "act" }>
  | {
      kind: "act";
      text: string;
      /** What the run then knows. */
      set: Partial<Run>;
      thenWaitSeconds: number;
      perform(): Promise<void>;
    };

/** A step with its own types closed over. */
export type Step = (ctx: Ctx, run: Run) => Promise<StepResult>;

export function step<Seen, Act>(definition: StepDefinition<Seen, Act>): Step {
  return async (ctx, run) => {
    // The time of the check is when it began: a worker that slept since its answer knows no later state of the world.
    const nowMs = ctx.now();
    const seen = await definition.observe(ctx, run);
    const decision = definition.decide(run, seen, nowMs);
    if (decision.kind !== "act") return decision;
    const { act, text, set = {}, thenWaitSeconds = 0 } = decision;
    return {
      kind: "act",
      text,
      set,
      thenWaitSeconds,
      perform: () => definition.perform(ctx, run, act),
    };
  };
}

/** How a thing that must not be doubled is made, and found again when nobody answered. */
export interface Creation {
  /**
   * Asks whatever has to be known first, before anything is announced: from the announcement on, time runs.
   * @param imageId the id that the image is to have; null: the cloud chooses it.
   * @returns what sends the one call, at most once, and nothing beside it; that returns what the run then knows. Null:
   * no image id of ours can be asked for here.
   */
  ready(
    ctx: Ctx,
    run: Run,
    imageId: string | null,
  ): Promise<((intent: Intent) => Promise<Partial<Run>>) | null>;
  /** Looked for by the attempt's name. Null: not there. */
  find(ctx: Ctx, run: Run, intent: Intent): Promise<Partial<Run> | null>;
}

export interface Program {
  steps: Record<StepName, Step>;
  creations: Record<IntentKind, Creation>;
  /** The name that this attempt's thing is created under: it holds the attempt ID. */
  creationName(run: Run, kind: IntentKind, attemptId: string): string;
}

export function cloudOf(run: Run): CloudRef {
  return { cloud: run.recipe.cloud, region: run.recipe.region };
}
