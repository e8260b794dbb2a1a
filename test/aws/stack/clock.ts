import { shiftDate } from "./shifted-date.ts";

/** What a clock shows: so much more than the machine's, or always the same. */
export type Reading = { aheadMs: number } | { standsAtMs: number };

export function timeOf(reading: Reading, realMs: number): number {
  return "aheadMs" in reading ? realMs + reading.aheadMs : reading.standsAtMs;
}

/**
 * The time of the whole stack: emulators, cloud and functions. It passes as on the machine, and jumps over the time in
 * which nothing would happen, so that a visibility time-out of half an hour is seen through in no time.
 */
export class Clock implements Disposable {
  private static isShifted = false;
  reading: Reading = { aheadMs: 0 };
  private readonly end: () => void;

  constructor() {
    if (Clock.isShifted) throw new Error("one stack at a time: the process has one Date");
    Clock.isShifted = true;
    this.end = shiftDate((realMs) => timeOf(this.reading, realMs));
  }

  now(): number {
    return Date.now();
  }

  /** From now on no time passes but by jumps: whatever is done takes none, however slow the machine is. */
  stand(): void {
    this.reading = { standsAtMs: this.now() };
  }

  jumpTo(atMs: number): void {
    const byMs = Math.max(0, Math.ceil(atMs - this.now()));
    this.reading =
      "aheadMs" in this.reading
        ? { aheadMs: this.reading.aheadMs + byMs }
        : { standsAtMs: this.reading.standsAtMs + byMs };
  }

  [Symbol.dispose](): void {
    this.end();
    Clock.isShifted = false;
  }
}
