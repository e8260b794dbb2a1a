const LOOKS_EVERY_MS = 5_000;
/** Less, and time-outs, schedules and deadlines hold all the same. */
const JUMP_MS = 30_000;
/** A clock that was set goes on well from there. */
const TOLD_FOR_MS = 5 * 60_000;

/** Notices that the clock of the machine was set, or stood still while the machine slept: the monotonic clock does neither. */
export class ClockWatch implements Disposable {
  private readonly wall: () => number;
  private readonly monotonic: () => number;
  private readonly timer: NodeJS.Timeout;
  private last: { wallMs: number; monotonicMs: number };
  private jump: { byMs: number; atMs: number } | null = null;

  constructor(wall = () => Date.now(), monotonic = () => performance.now()) {
    this.wall = wall;
    this.monotonic = monotonic;
    this.last = { wallMs: wall(), monotonicMs: monotonic() };
    this.timer = setInterval(() => this.look(), LOOKS_EVERY_MS);
    this.timer.unref();
  }

  /** @returns by how much the clock jumped in the last minutes; null: it did not. */
  jumpMs(): number | null {
    this.look();
    if (this.jump === null || this.monotonic() - this.jump.atMs > TOLD_FOR_MS) return null;
    return this.jump.byMs;
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = { wallMs: this.wall(), monotonicMs: this.monotonic() };
    const byMs = now.wallMs - this.last.wallMs - (now.monotonicMs - this.last.monotonicMs);
    if (Math.abs(byMs) > JUMP_MS) this.jump = { byMs, atMs: now.monotonicMs };
    this.last = now;
  }
}
