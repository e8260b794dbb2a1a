import type { TimelineEvent } from "../../shared/run/record.ts";
import { NOW, SECOND } from "../unit/builders.ts";

/** An event so many seconds after the run's start. */
export function event(
  atSeconds: number,
  step: TimelineEvent["step"],
  kind: TimelineEvent["kind"],
  text: string,
): TimelineEvent {
  return { atMs: NOW + atSeconds * SECOND, step, kind, text, count: 1, calls: [] };
}
