import * as z from "zod/mini";

const epochMs = z.int().check(z.nonnegative());

/** One per run whose recipe has a callback, from before the run is stored. */
export const callbackSchema = z.strictObject({
  schema: z.literal(1),
  runId: z.string(),
  /** A name in the callbacks of regild.yml. */
  to: z.string(),
  openedAtMs: epochMs,
  /** Deliveries in a row that were not taken. */
  failures: z.int().check(z.nonnegative()),
  /** No delivery before that. */
  dueAtMs: epochMs,
  /** Null: not delivered yet, and not given up. */
  doneAtMs: z.nullable(epochMs),
  /** Why it was given up. Null: it was not. */
  failure: z.nullable(z.string()),
});
export type Callback = z.infer<typeof callbackSchema>;

/** The end of a run wakes its callback. This finds the ends whose wake-up was lost. */
export const CALLBACK_CHECK_MS = 10 * 60_000;

export function newCallback(runId: string, to: string, nowMs: number): Callback {
  return {
    schema: 1,
    runId,
    to,
    openedAtMs: nowMs,
    failures: 0,
    dueAtMs: nowMs,
    doneAtMs: null,
    failure: null,
  };
}
