/** The table as the store expects it: what `CreateTable` is given. */
export function tableDefinition(name: string) {
  const key = (partition: string, sort: string) => [
    { AttributeName: partition, KeyType: "HASH" },
    { AttributeName: sort, KeyType: "RANGE" },
  ];
  const index = (name: string, partition: string, sort: string) => ({
    IndexName: name,
    KeySchema: key(partition, sort),
    Projection: { ProjectionType: "KEYS_ONLY" },
  });
  const types = { pk: "S", sk: "S", shard: "N", sweepAtMs: "N", day: "S" };
  return {
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: Object.entries(types).map(([AttributeName, AttributeType]) => ({
      AttributeName,
      AttributeType,
    })),
    KeySchema: key("pk", "sk"),
    GlobalSecondaryIndexes: [index("due", "shard", "sweepAtMs"), index("day", "day", "sk")],
  };
}
