import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { MESSAGE_PREFIX, NOTIFICATION_STATE, TARGET_PARTITION } from "../notification/state-key.ts";
import type { Item, Key, Page, Store, ReconcileRequest } from "../ports.ts";
import { storedRecord } from "../stored-record.ts";
import { read } from "./actor.ts";
import { errorSchema } from "./error-text.ts";
import { parseRequest } from "./reconcile-request.ts";

/** What Regild did about a dead letter when it came. */
export const DONE = [
  /** Its run was failed, and Regild undoes the run. */
  "failed",
  /** The sweep sends the record again, with growing gaps. */
  "left",
  /** The record has a newer version than the message, so nothing was lost. */
  "gone_on",
  /** The store has no such record or version, because a backup from before the message was restored. */
  "no_record",
  /** Another version of Regild wrote the record, or it is damaged. The sweep sends it again from time to time. */
  "unreadable",
  /** Regild did not write the message. */
  "not_ours",
  /** A build, Git host, chat or mail server has not taken for a day what it was to be told. */
  "given_up",
] as const;
export type Done = (typeof DONE)[number];

const epochMs = z.int().check(z.nonnegative());

/** One item for all failed messages about the same record. */
const record = z.strictObject({
  schema: z.literal(2),
  /** The id of a run, server or volume, or the name of a recipe. For other messages a digest. */
  id: z.string(),
  kind: z.enum(["run", "recipe", "source", "callback", "notification", "unknown"]),
  /** The queue of the message. Null: unknown. */
  queue: z.nullable(z.string()),
  /** The newest message, as it was received. */
  body: z.string(),
  /** Where its run stood. */
  step: z.nullable(z.string()),
  /** Null: every worker ended before it could record an error. */
  error: z.nullable(errorSchema),
  done: z.enum(DONE),
  /** Number of dead letters so far. One delivered twice counts twice. */
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

/** One partition for all, because dead letters are few and are listed over all recipes. */
const PARTITION = "K#dead-letters";
const PREFIX = "letter#";
const PAGE = 100;

export function deadLetterKey({ kind, id }: Pick<DeadLetter, "kind" | "id">): Key {
  return { pk: PARTITION, sk: `${PREFIX}${kind}#${id}` };
}

/** `until-2026-11-28T06:00-0`, or as much of a digest. */
const LONGEST_ID = 24;

/** What a message is about, as people name it. */
export function subjectOf(body: string): Pick<DeadLetter, "kind" | "id"> {
  const key = requestIn(body)?.key;
  const name = /^[RS]#(.+)$/s.exec(key?.pk ?? "")?.[1];
  if (key !== undefined && name !== undefined) {
    if (key.sk === "head") return { kind: "recipe", id: name };
    if (key.sk === "lock") return { kind: "source", id: name };
    const [, started = "", kind = "callback"] =
      /^(?:callback|hook)#([^#]+)(?:#(.+))?$/.exec(key.sk) ?? [];
    if (started !== "") return { kind: "callback", id: `${kind}-${name}-${started}` };
    if (key.sk === NOTIFICATION_STATE) return { kind: "notification", id: `news-${name}` };
    if (key.sk.startsWith("run#")) return { kind: "run", id: `${name}-${key.sk.slice(4)}` };
  }
  if (key?.pk.startsWith(TARGET_PARTITION) === true && key.sk.startsWith(MESSAGE_PREFIX)) {
    const [target, message] = [key.pk, key.sk].map((part) => part.slice(part.indexOf("#") + 1));
    return { kind: "notification", id: `notification-${target}-${message?.slice(0, LONGEST_ID)}` };
  }
  const digest = createHash("sha256").update(body).digest("hex");
  return { kind: "unknown", id: `message-${digest.slice(0, 12)}` };
}

/** Null: Regild did not write the message. */
export function requestIn(body: string): ReconcileRequest | null {
  try {
    return parseRequest(body);
  } catch {
    return null;
  }
}

/** Newest first. Without expired ones, which DynamoDB deletes only days later. */
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
