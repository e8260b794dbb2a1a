import { afterAll, beforeAll } from "vitest";
import { DynamoDbStore } from "../../shared/aws/dynamodb-store.ts";
import { openDynamoDb } from "../aws/dynamodb.ts";
import { describeStore } from "./store.contract.ts";

let dynamoDb: Awaited<ReturnType<typeof openDynamoDb>>;
beforeAll(async () => {
  dynamoDb = await openDynamoDb();
});
afterAll(() => dynamoDb.close());

describeStore("the store in DynamoDB", async () => {
  const table = await dynamoDb.createTable();
  const open = () => new DynamoDbStore(dynamoDb.client, table);
  return { store: open(), other: open(), close: async () => {} };
});
