import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { Item, Key, Page, Store, ReconcileRequest } from "../ports.ts";
import { storedRecord } from "../stored-record.ts";
import { read } from "./actor.ts";
import { errorSchema } from "./error-text.ts";
import { parseRequest } from "./reconcile-request.ts";

/** What became of the thing that a dead letter was for. */
export const DONE = [
  /** Its run was failed, and is undone as far as possible. */
  "failed",
  /** The sweep looks at it again, with growing gaps: nothing here could do better. */
  "left",
  /** Its record is past the version that the message spoke of: nothing was lost. */
  "gone_on",
  /** The store knows of no such record, or of no such version: it is a copy from before the message. */
  "no_record",
  /** The record is of another version of Regild, or damaged: this one can only look again from time to time. */
  "unreadable",
  /** No message of Regild's. */
  "not_ours",
] as const;
export type Done = (typeof DONE)[number];

const epochMs = z.int().check(z.nonnegative());

/** One item for all messages about the same thing that nobody could process. */
const record = z.strictObject({
  schema: z.literal(2),
  /** As a person names it: a run's id, a recipe, a server's or volume's id; of others a digest. */
  id: z.string(),
  kind: z.enum(["run", "recipe", "source", "unknown"]),
  /** Where the message could not be processed, if the queue says so. */
  queue: z.nullable(z.string()),
  /** Of the newest, as it was received. */
  body: z.string(),
  /** Where its run stood. */
  step: z.nullable(z.string()),
  /** Null: no check has lived to say why. */
  error: z.nullable(errorSchema),
  done: z.enum(DONE),
  /** Of the dead letters so far; one delivered twice counts twice. */
  count: z.int().check(z.nonnegative()),
  firstAtMs: epochMs,
  lastAtMs: epochMs,
  /** When somebody last had it sent again. */
  retriedAtMs: z.nullable(epochMs),
  expiresAtMs: epochMs,
});
export const { kind: subjectKind, done: doneSchema } = record.shape;
export const deadLetterSchema = storedRecord(record);
export type DeadLetter = z.infer<typeof deadLetterSchema>;

/** One partition for all: dead letters are few, and are to be listed over all recipes. */
const PARTITION = "K#dead-letters";
const PREFIX = "letter#";
const PAGE = 100;

export function deadLetterKey({ kind, id }: Pick<DeadLetter, "kind" | "id">): Key {
  return { pk: PARTITION, sk: `${PREFIX}${kind}#${id}` };
}

/** What a message is about, as people name it. */
export function subjectOf(body: string): Pick<DeadLetter, "kind" | "id"> {
  const key = requestIn(body)?.key;
  const name = /^[RS]#(.+)$/s.exec(key?.pk ?? "")?.[1];
  if (key !== undefined && name !== undefined) {
    if (key.sk === "head") return { kind: "recipe", id: name };
    if (key.sk === "lock") return { kind: "source", id: name };
    if (key.sk.startsWith("run#")) return { kind: "run", id: `${name}-${key.sk.slice(4)}` };
  }
  const digest = createHash("sha256").update(body).digest("hex");
  return { kind: "unknown", id: `message-${digest.slice(0, 12)}` };
}

/** Null: it is no message of ours. */
export function requestIn(body: string): ReconcileRequest | null {
  try {
    return parseRequest(body);
  } catch {
    return null;
  }
}

/** Newest first. A store that deletes what has expired days later (DynamoDB does) does not show it. */
export async function deadLetters(store: Store, nowMs: number): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Item> = await store.range(PARTITION, PREFIX, PAGE, cursor);
    found.push(...page.items.map((item) => read(item, deadLetterSchema).doc));
    cursor = page.cursor;
  } while (cursor !== null);
  return found
    .filter(({ expiresAtMs }) => expiresAtMs > nowMs)
    .toSorted((a, b) => b.lastAtMs - a.lastAtMs);
}
