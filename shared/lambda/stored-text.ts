import type { Log } from "../ports.ts";

const REREAD_AFTER_MS = 5 * 60_000;

export interface StoredTextDeps<T> {
  read: () => Promise<string>;
  /** @throws Error when the text is not to be used. */
  parse: (text: string) => T;
  /** Where it is from, for messages. */
  file: string;
  log: Log;
  now: () => number;
  /** After a failure it is read again no sooner than this. Left out: with the next call. */
  retryAfterMs?: number;
}

/**
 * What stands in a text that may change while a process lives: read again some minutes later, and parsed again when it
 * is another one.
 */
export class StoredText<T> {
  private readonly deps: StoredTextDeps<T>;
  private current: { text: string; parsed: T } | null = null;
  private readAtMs = 0;
  private failed: { error: unknown; atMs: number } | null = null;

  constructor(deps: StoredTextDeps<T>) {
    this.deps = deps;
  }

  /** @throws Error when nothing was ever read; what was read stays in use when it cannot be read again. */
  async get(): Promise<T> {
    const { now, log, file, retryAfterMs = 0 } = this.deps;
    if (this.current !== null && now() - this.readAtMs < REREAD_AFTER_MS) {
      return this.current.parsed;
    }
    if (this.failed !== null && now() - this.failed.atMs < retryAfterMs) {
      if (this.current === null) throw this.failed.error;
      return this.current.parsed;
    }
    try {
      return await this.reread();
    } catch (error) {
      this.failed = { error, atMs: now() };
      if (this.current === null) throw error;
      log.warn("used as read before", { file, error: String(error) });
      return this.current.parsed;
    }
  }

  /** Reads at once. @returns whether it is another text by now; when it cannot be read, as far as is known. */
  async hasChangedSince(text: string): Promise<boolean> {
    const { log, file } = this.deps;
    try {
      await this.reread();
    } catch (error) {
      log.warn("cannot be read again", { file, error: String(error) });
    }
    return this.current?.text !== text;
  }

  private async reread(): Promise<T> {
    const { read, parse, now } = this.deps;
    const text = await read();
    this.readAtMs = now();
    if (this.current?.text !== text) this.current = { text, parsed: parse(text) };
    return this.current.parsed;
  }
}
