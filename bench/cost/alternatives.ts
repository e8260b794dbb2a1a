import type { Quantities } from "./quantities.ts";
import { sum, times, without } from "./quantities.ts";
import { HOURS } from "./standing.ts";

/** Wait, Task and Choice for each check. */
const TRANSITIONS_PER_CHECK = 3;

/**
 * A standard workflow that waits in place of the queues: the same looks by the same functions, with a wait as long as it
 * needs to be, so without hops.
 * @param is of one refresh; `hop`: what one hop takes.
 */
export function inStepFunctions(is: {
  refresh: Quantities;
  checks: number;
  hops: number;
  hop: Quantities;
}): Quantities {
  const saved = times(without(is.hop, ["sqsRequest"]), -is.hops);
  return sum([
    without(is.refresh, ["sqsRequest"]),
    saved,
    { stateTransition: is.checks * TRANSITIONS_PER_CHECK },
  ]);
}

const DISK_GIB = 8;
/** Until it has started, and until it is gone. */
const START_AND_END_HOURS = 0.1;

/** A small instance that does nothing but wait, with a disk, and an address to reach the cloud from. */
export function instanceHeld(hours: number): Quantities {
  return {
    instanceHour: hours,
    addressHour: hours,
    diskGibMonth: (DISK_GIB * hours) / HOURS,
  };
}

export function instancePerUpload(uploadHours: number): Quantities {
  return instanceHeld(uploadHours + START_AND_END_HOURS);
}

/** What a month costs: what stands, and so much for each refresh. */
export interface Tariff {
  standing: number;
  perRefresh: number;
}

/** From so many refreshes a month the one is cheaper than the other, which is so below; null: always the same one is. */
export function breakEven(one: Tariff, other: Tariff): number | null {
  const refreshes = (one.standing - other.standing) / (other.perRefresh - one.perRefresh);
  return Number.isFinite(refreshes) && refreshes > 0 ? refreshes : null;
}
