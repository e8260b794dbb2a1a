import * as z from "zod/mini";
import type { Template } from "../../test/aws/template/compiled.ts";
import { ofType } from "../../test/aws/template/compiled.ts";
import type { Answer, Call } from "../../test/aws/stack/front.ts";
import {
  type Attributes,
  attributesSchema,
  type IndexKeys,
  readUnits,
  sizeOf,
  writeUnits,
} from "./request-units.ts";

const keySchema = z.array(z.object({ AttributeName: z.string() }));
const indexSchema = z.object({
  KeySchema: keySchema,
  Projection: z.object({ ProjectionType: z.literal("KEYS_ONLY") }),
});
const tableSchema = z.object({
  KeySchema: keySchema,
  GlobalSecondaryIndexes: z.array(indexSchema),
});

const getSchema = z.object({ ConsistentRead: z._default(z.boolean(), false) });
const gotSchema = z.object({ Item: z._default(attributesSchema, {}) });
const queriedSchema = z.object({ Items: z.array(attributesSchema) });
const updateSchema = z.object({
  Key: attributesSchema,
  UpdateExpression: z.string(),
  ExpressionAttributeNames: z.record(z.string(), z.string()),
  ExpressionAttributeValues: attributesSchema,
});

/** Request units of calls as they pass by. What an update finds, no answer tells: so every item is kept here as it is now. */
export class TableMirror {
  private readonly indices: readonly IndexKeys[];
  private readonly items = new Map<string, Attributes>();

  constructor(template: Template) {
    const [[, table] = []] = ofType(template, "AWS::DynamoDB::Table");
    const { KeySchema, GlobalSecondaryIndexes } = tableSchema.parse(table?.Properties);
    const names = (keys: z.infer<typeof keySchema>) => keys.map((key) => key.AttributeName);
    this.indices = GlobalSecondaryIndexes.map((index) => [
      ...names(index.KeySchema),
      ...names(KeySchema),
    ]);
  }

  /** @throws Error for a call that it cannot count. */
  unitsOf({ action, input }: Call, answer: Answer): { read: number; write: number } {
    const { ConsistentRead } = getSchema.parse(input);
    const json: unknown = JSON.parse(answer.text);
    switch (action) {
      case "dynamodb:GetItem": {
        const { Item } = gotSchema.parse(json);
        return { read: readUnits(sizeOf(Item), ConsistentRead), write: 0 };
      }
      case "dynamodb:Query": {
        const { Items } = queriedSchema.parse(json);
        const bytes = Items.reduce((sum, item) => sum + sizeOf(item), 0);
        return { read: readUnits(bytes, ConsistentRead), write: 0 };
      }
      case "dynamodb:UpdateItem":
        return { read: 0, write: this.update(input, answer.status === 200) };
      default:
        throw new Error(`${action} is not counted here`);
    }
  }

  private update(input: unknown, done: boolean): number {
    const is = updateSchema.parse(input);
    const key = JSON.stringify(is.Key);
    const before = this.items.get(key) ?? null;
    if (!done) return writeUnits(before, null, this.indices);
    const after = updated({ ...before, ...is.Key }, is);
    this.items.set(key, after);
    return writeUnits(before, after, this.indices);
  }
}

/** `SET #a = :a, #b = :b REMOVE #c`: all that the store's updates are made of. */
function updated(item: Attributes, is: z.infer<typeof updateSchema>): Attributes {
  const [, set, removed = ""] =
    /^SET ((?:#\w+ = :\w+(?:, )?)+)(?: REMOVE ((?:#\w+(?:, )?)+))?$/.exec(is.UpdateExpression) ??
    [];
  if (set === undefined) throw new Error(`not understood here: ${is.UpdateExpression}`);
  const after = { ...item };
  for (const assignment of set.split(", ")) {
    const [name = "", value = ""] = assignment.split(" = ");
    const given = is.ExpressionAttributeValues[value];
    if (given !== undefined) after[is.ExpressionAttributeNames[name] ?? ""] = given;
  }
  for (const name of removed.split(", ")) delete after[is.ExpressionAttributeNames[name] ?? ""];
  return after;
}
