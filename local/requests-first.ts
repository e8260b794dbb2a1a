/** How long no request may have been open: others that were sent with the last one arrive by then. */
const QUIET_MS = 10;
/** Longest wait of other work, so that a flood of requests does not stop it. */
const LONGEST_MS = 250;

/** Lets work that nobody waits for begin while no request is being answered. */
export class RequestsFirst {
  private open = 0;
  private quiet: NodeJS.Timeout | null = null;
  private readonly waiting = new Set<() => void>();

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

  /** @returns null: no request is open. Else what resolves once none is, and after LONGEST_MS in any case. */
  whenNone(): Promise<void> | null {
    if (this.open === 0 && this.quiet === null) return null;
    return new Promise((resolve) => {
      const go = (): void => {
        this.waiting.delete(go);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(go, LONGEST_MS);
      this.waiting.add(go);
    });
  }

  private awaitQuiet(): void {
    if (this.quiet !== null) {
      this.quiet.refresh();
      return;
    }
    this.quiet = setTimeout(() => {
      this.quiet = null;
      if (this.open > 0) return;
      for (const go of this.waiting) go();
    }, QUIET_MS);
  }
}
