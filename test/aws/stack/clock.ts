import { setDate } from "./set-date.ts";

/**
 * The time of the whole stack: emulators, cloud and functions. It stands while anything is at work, however slow the
 * machine is, and jumps to what happens next, so that a visibility time-out of half an hour is seen through in no time.
 */
export class Clock implements Disposable {
  private static isThere = false;
  private nowMs: number;
  private readonly end: () => void;

  /** @param startAtMs now, unless something is to be tried that was signed at another time. */
  constructor(startAtMs = Date.now()) {
    this.nowMs = startAtMs;
    if (Clock.isThere) throw new Error("one stack at a time: the process has one Date");
    Clock.isThere = true;
    this.end = setDate(() => this.nowMs);
  }

  now(): number {
    return this.nowMs;
  }

  jumpTo(atMs: number): void {
    this.nowMs = Math.max(this.nowMs, Math.ceil(atMs));
  }

  [Symbol.dispose](): void {
    this.end();
    Clock.isThere = false;
  }
}
