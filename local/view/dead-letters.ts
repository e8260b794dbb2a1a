import * as z from "zod/mini";
import type { Item, Store } from "../../shared/ports.ts";
import { deadLetters, type Letter, letterSchema } from "../../shared/protocol/letter.ts";
import {
  recordOf,
  type Redrive,
  type Standing,
  standingOf,
  STANDINGS,
} from "../../shared/protocol/redrive.ts";
import { documentSchema, listSchema, SCHEMA, time, timeOf, timeOrNull } from "./document.ts";
import { NotFound } from "./find-run.ts";

export const deadLetterSchema = z.strictObject({
  /** Of the run, recipe, server or volume that it is about; of others one of its own. */
  id: z.string(),
  kind: letterSchema.shape.kind,
  /** `stuck`: it can be put back; `settled`: nothing has to be done. */
  state: z.enum(STANDINGS),
  /** What was done about it when it came. */
  done: letterSchema.shape.done,
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
export type DeadLetterView = z.infer<typeof deadLetterSchema>;

export const deadLettersDocument = z.extend(listSchema, {
  dead_letters: z.array(deadLetterSchema),
});

const redriveSchema = z.strictObject({
  id: z.string(),
  /** `send`: a message of its record's version; `put_back`: as it was. */
  action: z.enum(["send", "put_back", "refuse"]),
  queue: z.nullable(z.string()),
  /** Of a refusal, as the rest. */
  code: z.nullable(z.string()),
  message: z.nullable(z.string()),
  remedy: z.nullable(z.string()),
});
export type RedriveView = z.infer<typeof redriveSchema>;

export const redriveDocument = z.extend(documentSchema, {
  /** Nothing was sent: this is what would be. */
  dry_run: z.boolean(),
  redriven: z.array(redriveSchema),
});

/** A letter, and the record that it is about as it stands now. */
export interface LetterRecord {
  letter: Letter;
  item: Item | null;
  standing: Standing;
}

/** Newest first. */
export async function lettersOf(store: Store, nowMs: number): Promise<LetterRecord[]> {
  const records: LetterRecord[] = [];
  for (const letter of await deadLetters(store, nowMs)) {
    const item = await recordOf(store, letter);
    records.push({ letter, item, standing: standingOf(letter, item) });
  }
  return records;
}

/** By its id, or a start of it that no other letter's has. */
export function letterNamed(records: readonly LetterRecord[], name: string): LetterRecord {
  const exact = records.find(({ letter }) => letter.id === name);
  if (exact !== undefined) return exact;
  const [only, ...others] = records.filter(({ letter }) => letter.id.startsWith(name));
  if (only === undefined) {
    throw new NotFound(`No dead letter is named ${name}`, "regild redrive lists them");
  }
  if (others.length === 0) return only;
  const ids = [only, ...others].map(({ letter }) => letter.id);
  throw new NotFound(
    `Several dead letters start with ${name}: ${ids.join(", ")}`,
    "Write more of the one that is meant",
  );
}

export function viewLetters(records: LetterRecord[]): z.infer<typeof deadLettersDocument> {
  return { schema: SCHEMA, dead_letters: records.map(viewLetter), next: null };
}

function viewLetter({ letter, standing }: LetterRecord): DeadLetterView {
  return {
    id: letter.id,
    kind: letter.kind,
    state: standing,
    done: letter.done,
    queue: letter.queue,
    step: letter.step,
    error: letter.error,
    count: letter.count,
    first_at: timeOf(letter.firstAtMs),
    last_at: timeOf(letter.lastAtMs),
    put_back_at: timeOrNull(letter.redrivenAtMs),
    expires_at: timeOf(letter.expiresAtMs),
    body: letter.body,
  };
}

export function viewRedrive({ id }: Letter, redrive: Redrive): RedriveView {
  const nothing = { code: null, message: null, remedy: null };
  switch (redrive.kind) {
    case "send":
      return { id, action: "send", queue: redrive.queue, ...nothing };
    case "put_back":
      return { id, action: "put_back", queue: redrive.queue, ...nothing };
    case "refuse": {
      const { code, message, remedy } = redrive;
      return { id, action: "refuse", queue: null, code, message, remedy };
    }
  }
}
