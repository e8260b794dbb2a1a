import { once } from "node:events";
import dynalite from "dynalite";
import * as z from "zod/mini";
import { AwsClient } from "../../shared/aws/client.ts";
import { accessTo, openSeam } from "./access.ts";
import { inProcess } from "./in-process.ts";
import { tableDefinition } from "./table.ts";

/** DynamoDB in this process, reached through the real client, with as many empty tables as are asked for. */
export async function openDynamoDb() {
  const server = dynalite({ createTableMs: 0 });
  server.keepAliveTimeout = 0; // or a call may meet a connection that is being closed
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : null;
  const access = accessTo(`http://127.0.0.1:${port}`);
  const seam = openSeam();
  const client = new AwsClient("dynamodb", access, seam);
  let tables = 0;
  return {
    client,
    access,
    /** Past its port. */
    direct: inProcess(server),
    async createTable(
      definition: { TableName: string } = tableDefinition(`regild-${(tables += 1)}`),
    ): Promise<string> {
      const name = definition.TableName;
      await client.call("CreateTable", name, definition, z.unknown());
      const described = z.object({ Table: z.object({ TableStatus: z.string() }) });
      while (true) {
        const { Table } = await client.call("DescribeTable", name, { TableName: name }, described);
        if (Table.TableStatus === "ACTIVE") return name;
      }
    },
    async close(): Promise<void> {
      seam.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
