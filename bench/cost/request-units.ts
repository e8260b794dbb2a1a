import * as z from "zod/mini";

const valueSchema = z.union([z.object({ S: z.string() }), z.object({ N: z.string() })]);
export const attributesSchema = z.record(z.string(), valueSchema);
export type Attributes = z.infer<typeof attributesSchema>;

/** An index that holds keys only. */
export type IndexKeys = readonly string[];

const READ_BYTES = 4096;
const WRITE_BYTES = 1024;

/** Names and values; a number takes a byte for two digits, and one more (developer guide, DynamoDB item sizes and formats). */
export function sizeOf(attributes: Attributes): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name);
    if ("S" in value) bytes += Buffer.byteLength(value.S);
    else bytes += Math.ceil(value.N.replace(/^-|\./g, "").length / 2) + 1;
  }
  return bytes;
}

/** One read, of an item or of all that a query has looked at; of nothing, the smallest. */
export function readUnits(bytes: number, consistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / READ_BYTES)) * (consistent ? 1 : 0.5);
}

/**
 * One update: by the larger of the item before and after it, and for each index what changes there. Refused by its
 * condition, it is counted by the item that is there (developer guide, Capacity unit consumption for write operations).
 * @param after null: refused.
 */
export function writeUnits(
  before: Attributes | null,
  after: Attributes | null,
  indices: readonly IndexKeys[],
): number {
  const bytes = Math.max(sizeOf(before ?? {}), sizeOf(after ?? {}));
  const own = Math.max(1, Math.ceil(bytes / WRITE_BYTES));
  if (after === null) return own;
  return indices.reduce((units, keys) => units + indexWrites(before ?? {}, after, keys), own);
}

/** An entry of another key is a delete and a put (developer guide, Using Global Secondary Indexes, storage and writes). */
function indexWrites(before: Attributes, after: Attributes, keys: IndexKeys): number {
  const entry = (of: Attributes) =>
    keys.every((key) => key in of) ? JSON.stringify(keys.map((key) => of[key])) : null;
  const [was, is] = [entry(before), entry(after)];
  if (was === is) return 0;
  return was === null || is === null ? 1 : 2;
}
