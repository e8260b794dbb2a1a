import * as z from "zod/mini";
import type { Key, Store, ReconcileRequest } from "../ports.ts";
import { load, update } from "./actor.ts";
import { errorOf, errorSchema, errorLine } from "./error-text.ts";
import type { Deps } from "./step.ts";

/** The longest time that SQS keeps a message. */
export const EVIDENCE_KEPT_MS = 14 * 24 * 3_600_000;

/** The last error about a record. Stored beside the record, so that writing it does not change the record's version. */
const troubleSchema = z.strictObject({
  schema: z.literal(1),
  /** The record's version at that time. */
  version: z.int().check(z.positive()),
  error: errorSchema,
  /** Number of failures with that version. */
  count: z.int().check(z.nonnegative()),
});
type Trouble = z.infer<typeof troubleSchema>;

/**
 * Stores an error for the dead letter that its message may become. Never throws: the store may be the cause of the error
 * and refuse this write too. Then only the log has the error.
 */
export async function noteTrouble(
  deps: Pick<Deps, "store" | "ids" | "now" | "log">,
  { key, version }: ReconcileRequest,
  error: unknown,
): Promise<void> {
  const expiresAtMs = deps.now() + EVIDENCE_KEPT_MS;
  const fresh: Trouble = { schema: 1, version, error: errorOf(error), count: 0 };
  const add = (before: Trouble): Trouble | null => {
    if (before.version > version) return null;
    return { ...fresh, count: before.version === version ? before.count + 1 : 1 };
  };
  try {
    await update(deps, troubleKey(key), troubleSchema, fresh, add, () => ({
      sweepAtMs: null,
      expiresAtMs,
    }));
  } catch (refusal) {
    deps.log.warn("the error of a check could not be kept", {
      ...key,
      error: errorLine(errorOf(refusal)),
    });
  }
}

/** The error about this message. Null: every worker ended before it could record one. */
export async function troubleOf(
  store: Store,
  { key, version }: ReconcileRequest,
): Promise<Pick<Trouble, "error" | "count"> | null> {
  const trouble = (await load(store, troubleKey(key), troubleSchema))?.doc;
  return trouble?.version === version ? trouble : null;
}

function troubleKey({ pk, sk }: Key): Key {
  return { pk, sk: `trouble#${sk}` };
}
