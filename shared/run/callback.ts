import * as z from "zod/mini";

const epochMs = z.int().check(z.nonnegative());

/** One record per run whose recipe has a callback. Written before the run is stored. */
export const callbackSchema = z.strictObject({
  schema: z.literal(1),
  runId: z.string(),
  /** A name in the callbacks of regild.yml. */
  to: z.string(),
  openedAtMs: epochMs,
  /** Failed deliveries in a row. */
  failures: z.int().check(z.nonnegative()),
  /** Earliest time of the next delivery. */
  dueAtMs: epochMs,
  /** When it was delivered or given up. Null: neither yet. */
  doneAtMs: z.nullable(epochMs),
  /** Why it was given up. Null: it was not. */
  failure: z.nullable(z.string()),
});
export type Callback = z.infer<typeof callbackSchema>;

/** The end of a run makes its callback due. This check finds ends that did not. */
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
