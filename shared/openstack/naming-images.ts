import type { ImageReferences } from "../cloud-ports.ts";

/** The whole list is asked for again after this time: it alone shows images that were newly shared with the project. */
const WHOLE_AFTER_MS = 3_600_000;
/** Clocks of the machines that one image service runs on differ, and a change counts from when it was begun. */
const MARGIN_MS = 5 * 60_000;
/** Two requests ask for all that has changed, so a whole list of two is asked for each time. */
const REQUESTS_FOR_CHANGES = 2;

/** An entry of a list, and when it was changed last. Null: it cannot be read. */
export interface ListedImage {
  references: ImageReferences;
  updatedAtMs: number | null;
}

interface Known {
  /** Of each image that names a snapshot or cannot be read: the records of its id. */
  images: Map<string, ImageReferences[]>;
  /** Changes from this time on may be missing, by the image service's clock. */
  changedSinceMs: number;
  /** Images that were changed since then already. A list of changes without any of them is not to be believed. */
  witnesses: Set<string>;
  listedAtMs: number;
}

/**
 * What one process knows of the images that name snapshots, by image service. A cloud with 10,000 images is asked for the
 * whole list once an hour, and in between for what has changed since: `updated_at` moves with each property, also when the
 * image is hidden, but not with a new member (seen on Glance 2026.2).
 */
export class NamingImages {
  readonly #places = new Map<string, Known>();

  /** @returns from when on changes are to be asked for. Null: the whole list is. */
  changedSinceMs(place: string | null, nowMs: number): number | null {
    const known = place === null ? undefined : this.#places.get(place);
    if (known === undefined) return null;
    const ageMs = nowMs - known.listedAtMs;
    return ageMs >= 0 && ageMs < WHOLE_AFTER_MS ? known.changedSinceMs : null;
  }

  /**
   * A whole list. The newest time in it is no later than the moment when it was read to its end, by the image service's
   * clock. Less the time that it took, that is before any change that it may miss. A time of the future is an odd record.
   */
  keepWhole(
    place: string | null,
    list: ListedImage[],
    is: { askedAtMs: number; nowMs: number; requests: number },
  ): void {
    if (place === null) return;
    this.#places.delete(place);
    const newestMs = list.reduce((newest, each) => Math.max(newest, each.updatedAtMs ?? 0), 0);
    if (is.requests <= REQUESTS_FOR_CHANGES || newestMs === 0) return;
    const tookMs = is.nowMs - is.askedAtMs;
    const changedSinceMs = Math.min(newestMs - tookMs, is.askedAtMs) - MARGIN_MS;
    const recent = list.filter(({ updatedAtMs }) => (updatedAtMs ?? 0) >= changedSinceMs);
    const known: Known = {
      images: new Map(),
      changedSinceMs,
      witnesses: new Set(recent.map(({ references }) => references.id)),
      listedAtMs: is.askedAtMs,
    };
    this.#places.set(place, known);
    take(known, list);
  }

  /** @returns every image that names a snapshot or cannot be read. Null: this is not a list of what has changed. */
  withChanges(place: string | null, changed: ListedImage[]): ImageReferences[] | null {
    const known = place === null ? undefined : this.#places.get(place);
    if (known === undefined || !changed.some(({ references: { id } }) => known.witnesses.has(id)))
      return null;
    take(known, changed);
    return [...known.images.values()].flat();
  }

  /** The image service has deleted it. A 404 alone may come from one Glance of several, which lags. */
  forget(place: string | null, id: string): void {
    if (place !== null) this.#places.get(place)?.images.delete(id);
  }
}

function take({ images }: Known, list: ListedImage[]): void {
  for (const { references } of list) images.delete(references.id);
  for (const naming of namingIn(list))
    images.set(naming.id, [...(images.get(naming.id) ?? []), naming]);
}

/** Those that name a snapshot, or may: they cannot be read. */
export function namingIn(list: ListedImage[]): ImageReferences[] {
  return list.flatMap(({ references }) =>
    references.snapshotIds.length > 0 || references.oddField !== null ? [references] : [],
  );
}
