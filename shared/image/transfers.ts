import type { SendWatch } from "../image-content.ts";

/** One copy that this process sends, or has sent in vain. */
export interface Transfer {
  /** Null: it goes on. */
  failure: string | null;
  sentBytes: number;
}

interface Known extends Transfer {
  stop: AbortController;
}

/**
 * The copies that a process sends while its steps only look. All of it ends with the process: nobody has to be told,
 * because Glance then gives the copy back as `queued`.
 */
export class Transfers {
  readonly #known = new Map<string, Map<string, Known>>();

  /** Null: this process neither sends it nor has failed to. */
  of(runId: string, zone: string): Transfer | null {
    return this.#known.get(runId)?.get(zone) ?? null;
  }

  isUnderWay(runId: string, zone: string): boolean {
    return this.of(runId, zone)?.failure === null;
  }

  /**
   * Begins, and returns at once.
   * @param send says why it failed; null: it did not.
   */
  begin(runId: string, zone: string, send: (watch: SendWatch) => Promise<string | null>): void {
    const stop = new AbortController();
    const transfer: Known = { failure: null, sentBytes: 0, stop };
    const ofRun = this.#known.get(runId) ?? new Map<string, Known>();
    ofRun.get(zone)?.stop.abort();
    this.#known.set(runId, ofRun.set(zone, transfer));
    const sent = (bytes: number) => {
      transfer.sentBytes = bytes;
    };
    void this.#carry(transfer, { runId, zone }, send({ sent, signal: stop.signal }));
  }

  async #carry(
    transfer: Known,
    { runId, zone }: { runId: string; zone: string },
    sent: Promise<string | null>,
  ): Promise<void> {
    transfer.failure = await sent.catch(String);
    // The image service shows that it has the content.
    if (transfer.failure === null && this.of(runId, zone) === transfer) this.#forget(runId, zone);
  }

  /** Breaks off whatever goes on for the run. */
  stop(runId: string): void {
    for (const { stop } of this.#known.get(runId)?.values() ?? []) stop.abort();
    this.#known.delete(runId);
  }

  stopAll(): void {
    for (const runId of this.#known.keys()) this.stop(runId);
  }

  #forget(runId: string, zone: string): void {
    const ofRun = this.#known.get(runId);
    ofRun?.delete(zone);
    if (ofRun?.size === 0) this.#known.delete(runId);
  }
}
