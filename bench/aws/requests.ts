import * as z from "zod/mini";
import type { Call } from "../../test/aws/stack/front.ts";

const text = z.object({ S: z.string() });
const number = z.object({ N: z.string() });
const inputSchema = z.object({
  Key: z.optional(z.object({ pk: text })),
  IndexName: z.optional(z.string()),
  ExpressionAttributeValues: z.optional(
    z.object({ ":pk": z.optional(text), ":shard": z.optional(number) }),
  ),
});

/** Requests to AWS. */
export class Requests {
  /** As IAM has them. */
  readonly byAction = new Map<string, number>();
  readonly byCaller = new Map<string, number>();
  /** Requests to the table, by the partition key that they are about. */
  readonly byPartition = new Map<string, number>();
  /** Reads and writes of the `due` index, by its partition key; a commit with a due time is one. */
  readonly byShard = new Map<string, number>();

  count({ caller, action, input }: Call): void {
    add(this.byCaller, caller);
    add(this.byAction, action);
    if (!action.startsWith("dynamodb:")) return;
    const { Key, IndexName, ExpressionAttributeValues: values } = inputSchema.parse(input);
    const shard = values?.[":shard"]?.N;
    if (shard !== undefined) add(this.byShard, shard);
    if (IndexName === undefined) add(this.byPartition, Key?.pk.S ?? values?.[":pk"]?.S ?? "?");
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

export function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** The one that is asked most, and its share of all. */
export function hottest(counts: ReadonlyMap<string, number>): { name: string; share: number } {
  const [name = "–", count = 0] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? [];
  return { name, share: count / Math.max(1, total(counts)) };
}
