import type { Log } from "../ports.ts";
import type { RegildEvent } from "./event.ts";

/** Why an event was not taken. */
export interface NotTaken {
  code: string;
  message: string;
  /** It never will be, however often it is sent. */
  forGood: boolean;
}

export interface Bus {
  readonly maxEvents: number;
  /**
   * Up to `maxEvents`. Repeating doubles: the event's id says so to whoever receives it.
   * @returns of each event, in order: null, it was taken.
   * @throws Error when none was, or nobody knows.
   */
  put(events: readonly RegildEvent[]): Promise<Array<NotTaken | null>>;
}

/** An event, and the place in the stream to begin again from when it cannot be told. */
export interface Due {
  event: RegildEvent;
  place: string;
}

/**
 * Tells events in order. What the bus will never take is logged and passed over: it would hold up all that comes after.
 * @returns `missed`: the place of the first event that is still to be told, after which others may have been; null: of
 * none. `refused`: how many will never be.
 */
export async function publish(
  { bus, log }: { bus: Bus; log: Log },
  due: readonly Due[],
): Promise<{ missed: string | null; refused: number }> {
  let refused = 0;
  for (let from = 0; from < due.length; from += bus.maxEvents) {
    const part = due.slice(from, from + bus.maxEvents);
    let answers: Array<NotTaken | null>;
    try {
      answers = await bus.put(part.map(({ event }) => event));
    } catch (error) {
      log.error("events will be told again", { events: part.length, error: String(error) });
      return { missed: part[0]?.place ?? null, refused };
    }
    let missed: string | null = null;
    for (const [at, { event, place }] of part.entries()) {
      const { type, detail } = event;
      const line = {
        type,
        id: detail.id,
        recipe: detail.recipe,
        run: detail.run,
      };
      const no = answers[at] ?? null;
      if (no === null) log.info("told", line);
      else if (no.forGood) {
        log.error("event was refused for good", { ...line, ...no });
        refused += 1;
      } else {
        log.warn("event will be told again", { ...line, ...no });
        missed ??= place;
      }
    }
    if (missed !== null) return { missed, refused };
  }
  return { missed: null, refused };
}
