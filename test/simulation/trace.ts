interface Line {
  atMs: number;
  actor: string;
  call: string;
  answer: () => string;
}

/** The history of a simulation, a line per call: seconds since its start, worker and actor, call, answer. */
export class Trace {
  private readonly lines: string[] = [];
  private readonly kept: boolean;
  private readonly startMs: number;

  constructor(kept: boolean, startMs: number) {
    this.kept = kept;
    this.startMs = startMs;
  }

  add({ atMs, actor, call, answer }: Line): void {
    if (!this.kept) return;
    const seconds = ((atMs - this.startMs) / 1000).toFixed(2).padStart(9);
    this.lines.push(`${seconds}  ${actor}  ${call}  → ${answer()}`);
  }

  print(): string {
    return this.lines.join("\n");
  }
}
