import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import * as z from "zod/mini";
import { webhookBackend } from "#backend";
import { chain } from "../../shared/lambda/chain.ts";
import { receive } from "../../shared/webhook/receive.ts";

/** What is used of API Gateway's payload format 2.0; without a body there is no `body`. */
const requestSchema = z.object({
  pathParameters: z.object({ sender: z.string() }),
  headers: z.record(z.string(), z.optional(z.string())),
  body: z.optional(z.string()),
  isBase64Encoded: z.boolean(),
});

/** A delivery of a webhook: whoever may send it, and may start runs by it, is in regild.yml and recipes.yml. */
export const handler = chain(
  async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const { pathParameters, headers, body, isBase64Encoded } = requestSchema.parse(event);
    const { status, ...answer } = await receive(await webhookBackend(), {
      sender: pathParameters.sender,
      headers,
      body: Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8"),
    });
    return { statusCode: status, ...answer };
  },
);
