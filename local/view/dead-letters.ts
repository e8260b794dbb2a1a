import * as z from "zod/mini";
import type { Item, Store } from "../../shared/ports.ts";
import {
  deadLetters,
  type DeadLetter,
  doneSchema,
  subjectKind,
} from "../../shared/protocol/dead-letter.ts";
import {
  recordOf,
  type Retry,
  type Standing,
  standingOf,
  STANDINGS,
} from "../../shared/protocol/retry-dead-letter.ts";
import { documentSchema, listSchema, SCHEMA, time, timeOf, timeOrNull } from "./document.ts";
import { NotFound } from "./find-run.ts";

export const deadLetterViewSchema = z.strictObject({
  /** Of the run, recipe, server or volume that it is about; of others one of its own. */
  id: z.string(),
  kind: subjectKind,
  /** `stuck`: it can be put back; `settled`: nothing has to be done. */
  state: z.enum(STANDINGS),
  /** What was done about it when it came. */
  done: doneSchema,
  queue: z.nullable(z.string()),
  /** Where its run stood. */
  step: z.nullable(z.string()),
  /** Null: no error was seen, the worker ended each time. */
  error: z.nullable(z.strictObject({ name: z.string(), message: z.string() })),
  count: z.int(),
  first_at: time,
  last_at: time,
  put_back_at: z.nullable(time),
  expires_at: time,
  /** As it was received last. */
  body: z.string(),
});
export type DeadLetterView = z.infer<typeof deadLetterViewSchema>;

export const deadLettersDocument = z.extend(listSchema, {
  dead_letters: z.array(deadLetterViewSchema),
});

const retrySchema = z.strictObject({
  id: z.string(),
  /** `send`: a message of its record's version; `put_back`: as it was. */
  action: z.enum(["send", "put_back", "refuse"]),
  queue: z.nullable(z.string()),
  /** Of a refusal, as the rest. */
  code: z.nullable(z.string()),
  message: z.nullable(z.string()),
  remedy: z.nullable(z.string()),
});
export type RetryView = z.infer<typeof retrySchema>;

export const retryDocument = z.extend(documentSchema, {
  /** Nothing was sent: this is what would be. */
  dry_run: z.boolean(),
  retried: z.array(retrySchema),
});

/** A dead letter, and the record that it is about as it stands now. */
export interface DeadLetterRecord {
  deadLetter: DeadLetter;
  item: Item | null;
  standing: Standing;
}

/** Newest first. */
export async function deadLettersOf(store: Store, nowMs: number): Promise<DeadLetterRecord[]> {
  const records: DeadLetterRecord[] = [];
  for (const deadLetter of await deadLetters(store, nowMs)) {
    const item = await recordOf(store, deadLetter);
    records.push({ deadLetter, item, standing: standingOf(deadLetter, item) });
  }
  return records;
}

/** By its id, or a start of it that no other dead letter's has. */
export function deadLetterNamed(
  records: readonly DeadLetterRecord[],
  name: string,
): DeadLetterRecord {
  const exact = records.find(({ deadLetter }) => deadLetter.id === name);
  if (exact !== undefined) return exact;
  const [only, ...others] = records.filter(({ deadLetter }) => deadLetter.id.startsWith(name));
  if (only === undefined) {
    throw new NotFound(`No dead letter is named ${name}`, "regild retry lists them");
  }
  if (others.length === 0) return only;
  const ids = [only, ...others].map(({ deadLetter }) => deadLetter.id);
  throw new NotFound(
    `Several dead letters start with ${name}: ${ids.join(", ")}`,
    "Write more of the one that is meant",
  );
}

export function viewDeadLetters(records: DeadLetterRecord[]): z.infer<typeof deadLettersDocument> {
  return { schema: SCHEMA, dead_letters: records.map(viewDeadLetter), next: null };
}

function viewDeadLetter({ deadLetter, standing }: DeadLetterRecord): DeadLetterView {
  return {
    id: deadLetter.id,
    kind: deadLetter.kind,
    state: standing,
    done: deadLetter.done,
    queue: deadLetter.queue,
    step: deadLetter.step,
    error: deadLetter.error,
    count: deadLetter.count,
    first_at: timeOf(deadLetter.firstAtMs),
    last_at: timeOf(deadLetter.lastAtMs),
    put_back_at: timeOrNull(deadLetter.retriedAtMs),
    expires_at: timeOf(deadLetter.expiresAtMs),
    body: deadLetter.body,
  };
}

export function viewRetry({ id }: DeadLetter, retry: Retry): RetryView {
  const nothing = { code: null, message: null, remedy: null };
  switch (retry.kind) {
    case "send":
      return { id, action: "send", queue: retry.queue, ...nothing };
    case "put_back":
      return { id, action: "put_back", queue: retry.queue, ...nothing };
    case "refuse": {
      const { code, message, remedy } = retry;
      return { id, action: "refuse", queue: null, code, message, remedy };
    }
  }
}
