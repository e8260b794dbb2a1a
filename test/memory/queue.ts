import type { ReconcileRequest } from "../../shared/ports.ts";

export interface QueuedMessage {
  id: number;
  queue: string;
  request: ReconcileRequest;
  visibleAtMs: number;
  receives: number;
}

/** Queues in memory, as SQS has them: at least once, in no order, hidden while somebody works on a message. */
export class MemoryQueues {
  readonly messages = new Map<number, QueuedMessage>();
  private nextId = 1;

  send(queue: string, request: ReconcileRequest, visibleAtMs: number): void {
    if (visibleAtMs < 0) throw new RangeError("a message is visible at some time");
    const id = this.nextId++;
    const copy = { key: { ...request.key }, version: request.version };
    this.messages.set(id, { id, queue, request: copy, visibleAtMs, receives: 0 });
  }

  visible(nowMs: number): QueuedMessage[] {
    return [...this.messages.values()].filter((message) => message.visibleAtMs <= nowMs);
  }

  /** As in SQLite: messages that no worker has, and that are due within so many seconds. */
  waiting(nowMs: number, withinSeconds: number): (request: ReconcileRequest) => boolean {
    const untilMs = nowMs + withinSeconds * 1000;
    const bodies = new Set(
      [...this.messages.values()].flatMap(({ queue, request, visibleAtMs, receives }) => {
        const isAtWork = receives > 0 && visibleAtMs > nowMs;
        const isWaiting = queue !== "dead-letters" && !isAtWork && visibleAtMs <= untilMs;
        return isWaiting ? [JSON.stringify(request)] : [];
      }),
    );
    return (request) => bodies.has(JSON.stringify(request));
  }

  nextVisibleAtMs(): number | null {
    let next: number | null = null;
    for (const { visibleAtMs } of this.messages.values())
      next = next === null ? visibleAtMs : Math.min(next, visibleAtMs);
    return next;
  }
}
