import type { SimulatedCloud } from "../../../local/simulated-cloud/cloud.ts";
import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Item, Key, ReconcileRequest } from "../../../shared/ports.ts";
import type { Run } from "../../../shared/run/record.ts";
import type { SourceItem } from "../../../shared/source/item.ts";
import type { Asked } from "./asked.ts";
import type { Records } from "./records.ts";
import type { HookEvent } from "../hooks.ts";
import type { Telling } from "../told.ts";
import type { Thing, Things } from "./things.ts";

export interface Violation {
  atMs: number;
  rule: string;
  what: string;
}

/** Who makes a call: one worker, and the message it works on. */
export interface Caller {
  /** Of the process, which may die and never comes back under the same name. */
  name: string;
  /** `R#web run#… v3 #1`, `sweep #2`, `start … #1`. */
  actor: string;
}

/** What the checker is told of one simulation, and may look at directly. */
export interface Case {
  readonly nowMs: number;
  readonly cloud: SimulatedCloud;
  readonly records: Records;
  readonly things: Things;
  /** Everything stays within the bounds that the protocol rests on: then more holds than is promised. */
  readonly strict: boolean;
  /** Null: nobody, or the simulation does not say. */
  readonly caller: Caller | null;
  /** Whether somebody else than the program had to do with this since then. */
  touched(id: string, sinceMs?: number): boolean;
  broken(rule: string, what: string): void;
}

/** A write to the store that took place. */
export interface Change<Doc> {
  item: Item;
  /** Null: this is its first version. */
  before: Doc | null;
  now: Doc;
}

/**
 * One promise. Each is told what happens as it happens, keeps a log of its own, and asks cloud and store where they
 * can say; it believes nothing the program says of itself.
 */
export interface Rule {
  /** A worker has called; when this takes effect, and whether, is another matter. */
  called?(asked: Asked): void;
  /** Right before the cloud carries it out. */
  request?(asked: Asked): void;
  run?(change: Change<Run>): void;
  recipeState?(change: Change<RecipeState>): void;
  source?(change: Change<SourceItem>): void;
  /** Any write, those above too. */
  item?(item: Item): void;
  /** An item's due time was set beside its version. */
  marked?(key: Key): void;
  born?(thing: Thing): void;
  died?(thing: Thing): void;
  /** After an effect that asked the cloud for a change. */
  changed?(): void;
  sent?(queue: string, request: ReconcileRequest): void;
  /** A build or a Git host took what it was told of a run. */
  told?(telling: Telling): void;
  /** A hook was asked, or has said something. */
  hook?(event: HookEvent): void;
  /** A sweep has ended. */
  swept?(): void;
  /** Somebody else has done something to a thing in the cloud. */
  acted?(id: string): void;
  /** Nothing is due any more. */
  end?(): void;
}

/** Longer than any invocation goes on between a check and what follows from it. */
export const INVOCATION_MS = 15 * 60_000;

/** So lately that an invocation under way may have seen how it was before. */
export function recently(is: Case, atMs: number | null | undefined): boolean {
  return atMs != null && is.nowMs - atMs <= (is.strict ? INVOCATION_MS : 4 * INVOCATION_MS);
}
