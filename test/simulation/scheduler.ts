import { nextTick } from "node:process";
import type { CallKind, Fault } from "./faults.ts";

/** One worker process: it works on one message at a time, and what it has in memory dies with it. */
export interface Process {
  name: string;
  alive: boolean;
  /** What it works on, and the how-manieth time: `R#web run#… v3 #1`. */
  actor: string;
  /** Which function it is at the moment: a step's name, `sweep`, `head` … */
  role: string;
  calls: number;
  clockOffsetMs: number;
}

/** One call at the seam, parked until the scheduler lets it through. */
export interface Parked {
  process: Process;
  kind: CallKind;
  /** `http POST /compute/… createImage`, `store commit R#web head v3` … */
  call: string;
  /** How often this process's actor has made a call before: the place of a fault. */
  place: string;
  notBeforeMs: number;
  /** Of all that may go on at a time, the lowest does. */
  turn: number;
  paused: boolean;
  /** Lets the effect take place and the caller hear of it, or not. */
  meet: (fault: Fault | undefined) => void;
}

/**
 * Lets parked calls through one at a time, in an order of its own, on a clock of its own. Everything between two calls
 * runs to the next one before anything else happens, so stops before and after each call are all the stops there are.
 */
export class Scheduler {
  nowMs: number;
  private parked: Parked[] = [];
  private readonly later: Array<{ atMs: number; run: () => void }> = [];

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  park(call: Parked): void {
    this.parked.push(call);
  }

  atTime(atMs: number, run: () => void): void {
    this.later.push({ atMs, run });
  }

  /**
   * Every continuation has parked again or ended: Node runs a tick only when no microtask is left, and nothing that is
   * simulated waits for more than microtasks.
   */
  quiet(): Promise<void> {
    return new Promise((resolve) => nextTick(resolve));
  }

  runDue(): boolean {
    const due = this.later.findIndex((l) => l.atMs <= this.nowMs);
    if (due < 0) return false;
    this.later.splice(due, 1)[0]?.run();
    return true;
  }

  /** The call whose turn it is; undefined: none can go on now. */
  next(): Parked | undefined {
    if (this.parked.some((p) => !p.process.alive))
      this.parked = this.parked.filter((p) => p.process.alive);
    let next: Parked | undefined;
    for (const p of this.parked) {
      if (p.notBeforeMs <= this.nowMs && (next === undefined || p.turn < next.turn)) next = p;
    }
    return next;
  }

  take(parked: Parked): void {
    this.parked.splice(this.parked.indexOf(parked), 1);
  }

  nextAtMs(): number | null {
    const times = [...this.later.map((l) => l.atMs), ...this.parked.map((p) => p.notBeforeMs)];
    return times.length === 0 ? null : Math.min(...times);
  }
}
