import { steerless } from "../plain-text.ts";
import { subjectAtHand } from "./invocation.ts";

/** A line's own fields after the fields of the work at hand. */
export function logFields(fields: Record<string, unknown> = {}): Record<string, unknown> {
  const all: Record<string, unknown> = { ...subjectAtHand(), ...fields };
  for (const name of Object.keys(all)) all[name] = harmless(all[name]);
  return all;
}

/** Reasons come from clouds and senders, and people read the log in a terminal. */
function harmless(value: unknown): unknown {
  return typeof value === "string" ? steerless(value) : value;
}
