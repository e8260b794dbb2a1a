import type { ServerResponse } from "node:http";
import type { HttpAnswer } from "../http-answer.ts";
import type { WatchedStore } from "../view/recipe-memory.ts";

/** The rest of the connections is for answers. Whoever comes later asks again and again instead. */
const MOST_LISTENERS = 64;
const TIMES = {
  /** At most one event in this time: a run writes many times a second. */
  apartMs: 1_000,
  /** Writes of other processes are looked for so often while somebody listens. */
  lookMs: 2_000,
  /** A comment keeps proxies from closing the connection, and a sign-in that has ended is noticed. */
  beatMs: 20_000,
};

interface Listener {
  response: ServerResponse;
  mayListen: () => Promise<boolean>;
}

/**
 * Tells open pages that something has changed, as Server-Sent Events. The event says no more: the page then asks for itself.
 * Source: WHATWG HTML, "Server-sent events".
 */
export class LiveUpdates {
  private readonly listeners = new Set<Listener>();
  private readonly store: WatchedStore;
  private readonly times: typeof TIMES;
  private timers: NodeJS.Timeout[] = [];
  private others = 0;
  private pending: NodeJS.Timeout | null = null;

  constructor(store: WatchedStore, times: Partial<typeof TIMES> = {}) {
    this.store = store;
    this.times = { ...TIMES, ...times };
    store.onWrite(() => this.changed());
  }

  get size(): number {
    return this.listeners.size;
  }

  /** @param mayListen asked again and again while the connection is open. */
  answer(mayListen: () => Promise<boolean>): HttpAnswer {
    if (this.size >= MOST_LISTENERS) return NO_EVENTS;
    const headers = { "content-type": "text/event-stream", "x-accel-buffering": "no" };
    const stream = (response: ServerResponse) => this.add({ response, mayListen });
    return { status: 200, headers, text: "", stream };
  }

  close(): void {
    for (const { response } of this.listeners) response.end();
  }

  private add(listener: Listener): void {
    this.listeners.add(listener);
    listener.response.once("close", () => this.remove(listener));
    send(listener, ": listening\n\n");
    if (this.timers.length > 0) return;
    this.others = this.othersWrites() ?? this.others;
    this.timers = [
      setInterval(() => this.lookForOthers(), this.times.lookMs).unref(),
      setInterval(() => void this.beat(), this.times.beatMs).unref(),
    ];
  }

  private remove(listener: Listener): void {
    this.listeners.delete(listener);
    if (this.size > 0) return;
    for (const timer of this.timers.splice(0)) clearInterval(timer);
  }

  private changed(): void {
    if (this.size === 0) return;
    this.pending ??= setTimeout(() => {
      this.pending = null;
      for (const listener of this.listeners) send(listener, "data: changed\n\n");
    }, this.times.apartMs).unref();
  }

  private lookForOthers(): void {
    const others = this.othersWrites();
    if (others === null || others === this.others) return;
    this.others = others;
    this.changed();
  }

  /** Null: the data file cannot be read now, which whoever asks for a page is told. */
  private othersWrites(): number | null {
    try {
      return this.store.othersWrites();
    } catch {
      return null;
    }
  }

  private async beat(): Promise<void> {
    for (const listener of this.listeners) {
      if (await listener.mayListen()) send(listener, ": still here\n\n");
      else listener.response.end();
    }
  }
}

/** With 204 a browser does not try again. Source: WHATWG HTML, "Processing model" of EventSource. */
export const NO_EVENTS: HttpAnswer = { status: 204, headers: {}, text: "" };

/** Whoever reads nothing for so long that the socket is full is not there any more. */
function send({ response }: Listener, text: string): void {
  if (response.writableNeedDrain) response.destroy();
  else response.write(text);
}
