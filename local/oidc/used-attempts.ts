/** Attempts to sign in that came back from the provider. Each counts once. */
export interface UsedAttempts {
  /** @returns false: somebody used it before. */
  use: (state: string, untilMs: number) => Promise<boolean>;
}

/** Known to this process alone. */
export class UsedInMemory implements UsedAttempts {
  private readonly used = new Map<string, number>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  async use(state: string, untilMs: number): Promise<boolean> {
    const now = this.now();
    // In order of use. One that is not over holds up those after it for ten minutes at most.
    for (const [each, overAtMs] of this.used) {
      if (overAtMs > now) break;
      this.used.delete(each);
    }
    if (this.used.has(state)) return false;
    this.used.set(state, untilMs);
    return true;
  }
}
