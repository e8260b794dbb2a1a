import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { Item, Key, Write } from "../ports.ts";

const textSchema = z.object({ S: z.string() });
const numberSchema = z.object({ N: z.string() });

/** An attribute as DynamoDB writes it; numbers are text there. */
export const valueSchema = z.union([textSchema, numberSchema]);
export type Value = z.infer<typeof valueSchema>;

const text = z.pipe(
  textSchema,
  z.transform(({ S }) => S),
);
const number = z.pipe(
  numberSchema,
  z.transform(({ N }) => Number(N)),
);

const keyShape = { pk: text, sk: text };

/** Key attributes, which every index holds. */
export const keySchema = z.pipe(
  z.object(keyShape),
  z.transform(({ pk, sk }): Key => ({ pk, sk })),
);

export interface Hint {
  key: Key;
  sweepAtMs: number;
}

/** What the `due` index holds. */
export const hintSchema = z.pipe(
  z.object({ ...keyShape, sweepAtMs: number }),
  z.transform(({ pk, sk, sweepAtMs }): Hint => ({ key: { pk, sk }, sweepAtMs })),
);

export const itemSchema = z.pipe(
  z.object({
    ...keyShape,
    version: number,
    writeId: text,
    sweepAtMs: z.optional(number),
    cancelAtMs: z.optional(number),
    day: z.optional(text),
    expiresAtMs: z.optional(number),
    doc: text,
  }),
  z.transform(
    ({ pk, sk, version, writeId, sweepAtMs, cancelAtMs, day, expiresAtMs, doc }): Item => ({
      key: { pk, sk },
      version,
      writeId,
      sweepAtMs: sweepAtMs ?? null,
      cancelAtMs: cancelAtMs ?? null,
      day: day ?? null,
      expiresAtMs: expiresAtMs ?? null,
      doc,
    }),
  ),
);

export function keyAttributes({ pk, sk }: Key): { pk: Value; sk: Value } {
  return { pk: { S: pk }, sk: { S: sk } };
}

export function numberValue(value: number): Value {
  return { N: String(value) };
}

/**
 * All that a commit sets or, where null, removes: the indices hold an item only while it has their attributes.
 * `cancelAtMs` is not among them.
 */
export function committedAttributes(
  { key, writeId, sweepAtMs, day, expiresAtMs, doc }: Write,
  version: number,
): Record<string, Value | null> {
  return {
    version: numberValue(version),
    writeId: { S: writeId },
    doc: { S: doc },
    sweepAtMs: sweepAtMs === null ? null : numberValue(sweepAtMs),
    shard: sweepAtMs === null ? null : numberValue(shardOf(key)),
    day: day === null ? null : { S: day },
    expiresAtMs: expiresAtMs === null ? null : numberValue(expiresAtMs),
    // What DynamoDB's time to live goes by: whole seconds. It deletes days later.
    expiresAtSeconds: expiresAtMs === null ? null : numberValue(Math.ceil(expiresAtMs / 1000)),
  };
}

export const SHARDS = 16;

/** Which part of the `due` index an item is in: one partition for all would take 1,000 writes a second at most. */
function shardOf({ pk }: Key): number {
  return (createHash("sha256").update(pk).digest()[0] ?? 0) % SHARDS;
}

const MAX_ITEM_BYTES = 400 * 1024;
/** At most (developer guide, DynamoDB item sizes and formats). */
const NUMBER_BYTES = 21;

/** DynamoDB counts names and values, `cancelAtMs` too, which may be there. @throws RangeError what it would refuse. */
export function checkSize(table: string, key: Key, committed: Record<string, Value | null>): void {
  const attributes: Record<string, Value | null> = {
    ...keyAttributes(key),
    ...committed,
    cancelAtMs: numberValue(0),
  };
  let bytes = 0;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) continue;
    bytes += name.length + ("S" in value ? Buffer.byteLength(value.S) : NUMBER_BYTES);
  }
  if (bytes <= MAX_ITEM_BYTES) return;
  throw new RangeError(
    `${key.pk} ${key.sk} would take ${bytes} bytes in table ${table}, and DynamoDB holds ${MAX_ITEM_BYTES}: nothing was written. A record this long is a mistake in Regild: report it`,
  );
}
