import { setImmediate as nextTurn } from "node:timers/promises";

/** What becomes of one call at the seam. */
export type Fault =
  /** The process stops before the effect, or after it and before the answer: it never hears of it again. */
  | { kind: "stop-before" | "stop-after" }
  /** The process is paused before the effect, or between effect and answer, for longer than anybody waits. */
  | { kind: "pause-before" | "pause-after"; seconds: number }
  /** The effect takes place, the answer gets lost. */
  | { kind: "answer-lost" }
  /** A conditional write is done, and its client, which has sent it again, is refused by its own hand. */
  | { kind: "refused-by-own-hand" }
  /** The queue takes a message and loses it, or delivers it twice. */
  | { kind: "message-lost" | "message-doubled" }
  /** The effect does not take place, and the caller is told so, or not. */
  | { kind: "not-sent" | "request-lost" }
  | { kind: "status"; status: number; retryAfter?: string; html?: boolean };

/** What a call is answered with, on its way to the caller. */
export interface Answer {
  text: string;
  deliver: () => void;
}

/** One call at the seam, parked until the scheduler lets it through. */
export interface Parked {
  process: Process;
  /** `http POST compute createImage`, `store.commit R#web head` … */
  call: string;
  /** How often this process's actor has made a call before: the place of a fault. */
  place: string;
  notBeforeMs: number;
  /** Lets the effect take place. */
  effect: () => Answer;
  /** What the caller hears for a fault that is told to it; undefined: this fault cannot happen to this call. */
  told: (fault: Fault) => { answer: Answer; afterMs: number; effect: boolean } | undefined;
  paused: boolean;
}

/** One worker process: it works on one message at a time, and what it has in memory dies with it. */
export interface Process {
  name: string;
  alive: boolean;
  actor: string;
  calls: number;
  clockOffsetMs: number;
}

export interface TraceLine {
  atMs: number;
  actor: string;
  call: string;
  answer: string;
}

/**
 * Lets parked calls through one at a time, in an order of its own, on a clock of its own. Everything between two calls
 * runs to the next one before anything else happens, so stops before and after each call are all the stops there are.
 */
export class Scheduler {
  nowMs: number;
  readonly parked: Parked[] = [];
  private readonly later: Array<{ atMs: number; run: () => void }> = [];

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  park(call: Omit<Parked, "notBeforeMs" | "paused">): void {
    this.parked.push({ ...call, notBeforeMs: this.nowMs, paused: false });
  }

  atTime(atMs: number, run: () => void): void {
    this.later.push({ atMs, run });
  }

  /** Every continuation has parked again or ended. */
  async quiet(): Promise<void> {
    await nextTurn();
  }

  runDue(): boolean {
    const due = this.later.findIndex((l) => l.atMs <= this.nowMs);
    if (due < 0) return false;
    this.later.splice(due, 1)[0]?.run();
    return true;
  }

  ready(): Parked[] {
    for (let i = this.parked.length - 1; i >= 0; i--) {
      if (!this.parked[i]?.process.alive) this.parked.splice(i, 1);
    }
    return this.parked.filter((p) => p.notBeforeMs <= this.nowMs);
  }

  take(parked: Parked): void {
    this.parked.splice(this.parked.indexOf(parked), 1);
  }

  nextAtMs(): number | null {
    const times = [...this.later.map((l) => l.atMs), ...this.parked.map((p) => p.notBeforeMs)];
    return times.length === 0 ? null : Math.min(...times);
  }
}
