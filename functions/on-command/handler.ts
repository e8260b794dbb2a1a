import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import * as z from "zod/mini";
import { commandBackend } from "#backend";
import { receiveCommand } from "../../shared/chat/receive.ts";
import { chain } from "../../shared/lambda/chain.ts";

/** The parts used of API Gateway's payload format 2.0. The API sends forms base64-encoded. */
const requestSchema = z.object({
  pathParameters: z.object({ workspace: z.string() }),
  headers: z.record(z.string(), z.optional(z.string())),
  body: z.optional(z.string()),
  isBase64Encoded: z.boolean(),
});

/** A command of a chat. regild.yml says who may use which command for which recipe. */
export const handler = chain(
  async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const { pathParameters, headers, body, isBase64Encoded } = requestSchema.parse(event);
    const { status, ...answer } = await receiveCommand(await commandBackend(), {
      workspace: pathParameters.workspace,
      headers,
      body: Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8"),
    });
    return { statusCode: status, ...answer };
  },
);
