/** A record that one step has read serves the next step for so long. One answer of a cloud may be on its way for longer. */
const RECENT_MS = 5_000;
/** Bounds the memory: a host with thousands of runs reads as many images. */
const MOST = 500;

interface Entry<T> {
  /** The endpoint. Several zones have images of the same id. */
  place: string;
  /** Null: this process has changed the record since it was read. */
  record: T | null;
  /** When the request was sent that the record is the answer to. */
  askedAtMs: number;
  /** When this process changed the record last. An answer to an earlier request may show it as it was before. */
  changedAtMs: number;
}

/** The state of one record after `forget`. */
type Forgotten = object;

/** As it was read, and when that was asked for. */
export type Recent<T> = Pick<Entry<T>, "askedAtMs"> & { record: T };

/**
 * Records that this process has read a moment ago, so that the next step of a run need not read them again. Holds no
 * absence: each 404 is a new answer. A record that this process changes is forgotten, and so is an answer to a question
 * from before the change.
 */
export class JustRead<T> {
  readonly #entries = new Map<string, Entry<T>>();

  /** @returns null: not read at this place within that time. */
  recent(
    id: string,
    place: string | null,
    { nowMs, withinMs = RECENT_MS }: { nowMs: number; withinMs?: number | undefined },
  ): Recent<T> | null {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.record === null || entry.place !== place) return null;
    const { record, askedAtMs } = entry;
    const ageMs = nowMs - askedAtMs;
    return ageMs >= 0 && ageMs <= withinMs ? { record, askedAtMs } : null;
  }

  keep(id: string, place: string | null, record: T, askedAtMs: number): void {
    const known = this.#entries.get(id);
    const changedAtMs = known?.changedAtMs ?? 0;
    const isNewest = askedAtMs >= Math.max(changedAtMs, known?.askedAtMs ?? 0);
    if (place !== null && isNewest) this.#put(id, { place, record, askedAtMs, changedAtMs });
  }

  /**
   * At every place: a change in one zone may reach the others.
   * @returns what `changed` is told once the change is answered.
   */
  forget(id: string, nowMs: number): Forgotten {
    return this.#put(id, { place: "", record: null, askedAtMs: nowMs, changedAtMs: nowMs });
  }

  /**
   * The record as it is after a change by this process, unless another worker has changed or read it since `begun`.
   * @param after null: nobody knows how it is now.
   */
  changed(
    id: string,
    { begun, place, after }: { begun: Forgotten; place: string | null; after: Recent<T> | null },
    nowMs: number,
  ): void {
    const isAlone = this.#entries.get(id) === begun;
    if (isAlone && place !== null && after !== null)
      this.#put(id, { place, ...after, changedAtMs: nowMs });
    else this.forget(id, nowMs);
  }

  #put(id: string, entry: Entry<T>): Entry<T> {
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MOST && oldest !== undefined) this.#entries.delete(oldest);
    return entry;
  }
}
