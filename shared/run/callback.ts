import * as z from "zod/mini";

const epochMs = z.int().check(z.nonnegative());

/** A signed webhook at the end of the run, or a status at a commit from its start on. */
export const CALLBACK_KINDS = ["webhook", "commit-status"] as const;

/** One record per run and kind that its recipe has. Written before the run is stored. */
export const callbackSchema = z.strictObject({
  schema: z.literal(1),
  kind: z._default(z.enum(CALLBACK_KINDS), "webhook"),
  runId: z.string(),
  /** A name in the callbacks of regild.yml. */
  to: z.string(),
  openedAtMs: epochMs,
  /** The commit shows that the run is under way. */
  isBegun: z._default(z.boolean(), false),
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

/** A status is shown soon after the start, once the run is stored. */
const FIRST_STATUS_MS = 2_000;
/** The end of a run makes its callbacks due. This check finds ends that did not. */
export const CALLBACK_CHECK_MS = 10 * 60_000;

export function newCallback(
  runId: string,
  { kind, to }: Pick<Callback, "kind" | "to">,
  nowMs: number,
): Callback {
  return {
    schema: 1,
    kind,
    runId,
    to,
    isBegun: false,
    openedAtMs: nowMs,
    failures: 0,
    dueAtMs: nowMs,
    doneAtMs: null,
    failure: null,
  };
}

/** When the sweep first sends it on. */
export function firstCheckAtMs({ kind, openedAtMs }: Callback): number {
  return openedAtMs + (kind === "webhook" ? CALLBACK_CHECK_MS : FIRST_STATUS_MS);
}
