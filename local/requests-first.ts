/** How long no request may have been open: others that were sent with the last one arrive by then. */
const QUIET_MS = 10;
/** Longest wait of other work, so that a flood of requests does not stop it. */
const LONGEST_MS = 250;

/** Lets work that nobody waits for begin while no request is being answered. */
export class RequestsFirst {
  private open = 0;
  private quiet: NodeJS.Timeout | null = null;
  private waiting: Array<() => void> = [];

  /** The request counts as open until its answer is there. */
  async answer<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    this.open += 1;
    try {
      return await work();
    } finally {
      this.open -= 1;
      if (this.open === 0) this.awaitQuiet();
    }
  }

  /** Resolves once no request is open, and after LONGEST_MS in any case. */
  async whenNone(): Promise<void> {
    if (this.open === 0 && this.quiet === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.push(resolve);
    const timer = setTimeout(resolve, LONGEST_MS);
    await promise;
    clearTimeout(timer);
  }

  private awaitQuiet(): void {
    if (this.quiet !== null) {
      this.quiet.refresh();
      return;
    }
    this.quiet = setTimeout(() => {
      this.quiet = null;
      if (this.open > 0) return;
      for (const resolve of this.waiting.splice(0)) resolve();
    }, QUIET_MS);
  }
}
