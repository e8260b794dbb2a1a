import type { Ctx, Problem } from "../context.ts";
import type { CloudRef, Clouds } from "../cloud-ports.ts";
import type { Transfers } from "../image/transfers.ts";
import type { CloudError } from "../openstack/errors.ts";
import type { Attestation } from "../provenance/attestation.ts";
import type { Ids, KeepTogether, Log, Queue, Store, Timing } from "../ports.ts";
import type { Intent, IntentKind, Run } from "../run/record.ts";
import type { StepName } from "../run/step-names.ts";

/** Everything that an invocation uses. */
export interface Deps {
  store: Store;
  queue: Queue;
  /** Absent: the store keeps one record at a time. */
  keepTogether?: KeepTogether | undefined;
  clouds: Clouds;
  ids: Ids;
  log: Log;
  timing: Timing;
  /** Who signs what made an image. Absent: nobody. */
  attestation?: Attestation | undefined;
  /** What this process sends by itself. Absent: it may end with any answer, so it sends nothing. */
  transfers?: Transfers | undefined;
  /** No call to the cloud begins at this time or later. Absent: each message has its own bound. */
  untilMs?: number;
  now(): number;
}

/**
 * - `advance`: this step is done. `afterSeconds`: the next one has nothing to see before that.
 * - `note`: record new facts, and observe again at once.
 * - `wait`: observe again later.
 * - `rest`: wait for a person or another run, without a message. They send one; otherwise the sweep does at that time.
 * - `act`: do something that may be repeated (start, PATCH, DELETE by id, a change of the inventory), then observe again,
 *   because only an observation proves the result.
 * - `intend`: announce a call that must not be made twice or must be undone, then make it at most once. `serverId`: the
 *   server that a stop is for.
 * - `fail`: undo what this run did.
 * - `end`: end the run. `kept`: resources left to later messages of the recipe, and why.
 * - `join`: end, because another run makes the image already.
 * - `skip`: end without any work, as the recipe says. `isNeeded: false`: the current image is as good as a new one.
 */
export type Decision<Act> =
  | { kind: "advance"; to: StepName; text: string; set?: Partial<Run>; afterSeconds?: number }
  | { kind: "note"; text: string; set: Partial<Run> }
  | { kind: "wait"; seconds: number; text: string; set?: Partial<Run> }
  | { kind: "rest"; untilMs: number; text: string }
  | { kind: "act"; act: Act; text: string; set?: Partial<Run>; thenWaitSeconds?: number }
  | ({ kind: "intend"; text: string } & Intended)
  | ({ kind: "fail" } & Problem)
  | { kind: "end"; text: string; kept: Array<{ id: string; why: string }> }
  | { kind: "join"; runId: string }
  | { kind: "skip"; text: string; isNeeded?: boolean };

/**
 * A call that is to be announced. `testZone`: the availability zone that a test server is for. `copyZone`: the zone of the
 * recipe that a copy by IMS is for.
 */
export interface Intended {
  intent: IntentKind;
  serverId?: string | null;
  testZone?: string | null;
  copyZone?: string;
}

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
      /** Fields of the run to set afterwards. */
      set: Partial<Run>;
      thenWaitSeconds: number;
      perform(): Promise<void>;
    };

/** A step without its type parameters. */
export type Step = (ctx: Ctx, run: Run) => Promise<StepResult>;

export function step<Seen, Act>(definition: StepDefinition<Seen, Act>): Step {
  return async (ctx, run) => {
    // Takes the time before the observation: a worker that slept since then knows no later state.
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

/** Makes a resource at most once, and finds it again if there was no answer. */
export interface Creation {
  /**
   * Reads what the call needs, before the call is announced, because an announced call may be sent only for a while.
   * @param imageId the id that the create asks for. Null: the cloud chooses it.
   * @returns a function that sends the one call, at most once, and returns the fields of the run to set. Null: this
   * create cannot ask for an image id.
   */
  ready(
    ctx: Ctx,
    run: Run,
    imageId: string | null,
  ): Promise<((intent: Intent) => Promise<Partial<Run>>) | null>;
  /** Finds the resource by the attempt's name. Null: it does not exist. */
  find(ctx: Ctx, run: Run, intent: Intent): Promise<Partial<Run> | null>;
  /** What the run notes of a refusal, where it goes on without the resource. Absent: the run fails, or asks again. */
  refused?: (run: Run, error: CloudError, nowMs: number) => Partial<Run>;
}

export interface Program {
  steps: Record<StepName, Step>;
  creations: Record<IntentKind, Creation>;
  /** Name of the attempt's resource in the create request. It contains the attempt ID. */
  creationName(run: Run, kind: IntentKind, attemptId: string): string;
}

export function cloudOf(run: Run): CloudRef {
  return { cloud: run.recipe.cloud, region: run.recipe.region };
}
