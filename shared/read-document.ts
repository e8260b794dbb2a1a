import type * as z from "zod/mini";

/** A step reads a record several times. A host works on a hundred runs at once, and reads some three records of each. */
const MOST = 512;

interface Read {
  schema: z.ZodMiniType;
  doc: unknown;
}

/** The documents that this process has read last, by their text. */
const lately = new Map<string, Read>();

/**
 * Reads the text of a stored document. A text that was read lately is not validated again: that took a quarter of the time
 * of a simulated run. So callers share the document, and it is frozen.
 */
export function readDocument<Doc>(text: string, schema: z.ZodMiniType<Doc>): Doc {
  const known = lately.get(text);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this very schema made it
  if (known?.schema === schema) return known.doc as Doc;
  const doc = frozen(schema.parse(JSON.parse(text)));
  lately.delete(text);
  lately.set(text, { schema, doc });
  const [oldest] = lately.keys();
  if (lately.size > MOST && oldest !== undefined) lately.delete(oldest);
  return doc;
}

/**
 * Copies as well. V8 kept an image of 28 fields as zod had put it together as a hash table (`%HasFastProperties`, zod 4.6.7
 * on Node 24), and a page of 500 recipes took twice as long to read them. A spread makes a plain object of it.
 */
function frozen<T>(value: T): T;
function frozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map((part) => frozen<unknown>(part)));
  const copy: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copy)) copy[key] = frozen(copy[key]);
  return Object.freeze(copy);
}
