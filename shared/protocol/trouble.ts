import * as z from "zod/mini";
import type { Key, Store, ReconcileRequest } from "../ports.ts";
import { load, update } from "./actor.ts";
import { errorOf, errorSchema, errorLine } from "./error-text.ts";
import type { Deps } from "./step.ts";

/** As long as SQS keeps a message at most. */
export const EVIDENCE_KEPT_MS = 14 * 24 * 3_600_000;

/** What went wrong at the last check of an actor, beside its record: noting it takes no version from anybody. */
const troubleSchema = z.strictObject({
  schema: z.literal(1),
  /** Of the record that was looked at. */
  version: z.int().check(z.positive()),
  error: errorSchema,
  /** Looks at that version that failed. */
  count: z.int().check(z.nonnegative()),
});
type Trouble = z.infer<typeof troubleSchema>;

/**
 * Keeps the error of a check that failed, for the dead letter that its message may become. Never throws: a store that has
 * made the check fail may well refuse this too, and then the log alone knows.
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

/** Why nobody could process this message; null: no check of that version has lived to say so. */
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
