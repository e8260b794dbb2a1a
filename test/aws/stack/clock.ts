import { shiftDate } from "./shifted-date.ts";

/**
 * The time of the whole stack: emulators, cloud and functions. It passes as on the machine, and jumps over the time in
 * which nothing would happen, so that a visibility time-out of half an hour is seen through in no time.
 */
export class Clock implements Disposable {
  private static isShifted = false;
  aheadMs = 0;
  private readonly end: () => void;

  constructor() {
    if (Clock.isShifted) throw new Error("one stack at a time: the process has one Date");
    Clock.isShifted = true;
    this.end = shiftDate(() => this.aheadMs);
  }

  now(): number {
    return Date.now();
  }

  jumpTo(atMs: number): void {
    this.aheadMs += Math.max(0, Math.ceil(atMs - this.now()));
  }

  [Symbol.dispose](): void {
    this.end();
    Clock.isShifted = false;
  }
}
