import type { Log } from "../../shared/ports.ts";

/** What the work of this process warns of, each thing once, until the watching has a place to show it. */
export class Warnings {
  private readonly seen = new Set<string>();
  private unrecorded: string[] = [];

  readonly log: Log = {
    info: () => {},
    warn: (message, fields = {}) => this.note(message, fields),
    error: (message, fields = {}) => this.note(message, fields),
  };

  /** Those that were not taken yet. */
  take(): string[] {
    const unrecorded = this.unrecorded;
    this.unrecorded = [];
    return unrecorded;
  }

  private note(message: string, fields: Record<string, unknown>): void {
    const why = fields["error"] ?? fields["reason"];
    const line = typeof why === "string" ? `! ${message}: ${why}` : `! ${message}`;
    if (this.seen.has(line)) return;
    this.seen.add(line);
    this.unrecorded.push(line);
  }
}
