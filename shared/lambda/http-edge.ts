import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import * as z from "zod/mini";
import type { Answer } from "../json-answer.ts";
import { chain } from "./chain.ts";

/** By name. Read as a whole: a schema for each of a dozen headers takes as long as the signature. */
const texts = z.custom<Record<string, string | undefined>>(
  (value: unknown) =>
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => each === undefined || typeof each === "string"),
);

/** The parts used of API Gateway's payload format 2.0: a request without a body has no `body`, a form comes in base64. */
const text = z.string();
const requestSchema = z.object({
  pathParameters: z.record(text, text),
  headers: texts,
  body: z.optional(text),
  isBase64Encoded: z.boolean(),
});

export interface Arrived {
  /** The part of the path that the route names. */
  name: string;
  headers: Readonly<Record<string, string | undefined>>;
  /** As they were sent: signatures are of these bytes. */
  body: Uint8Array;
}

/** @param parameter the one in the route: `sender` of `/webhooks/{sender}`. */
export function httpEdge(parameter: string, answer: (arrived: Arrived) => Promise<Answer>) {
  return chain(
    async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
      const { pathParameters, headers, body, isBase64Encoded } = requestSchema.parse(event);
      const name = text.parse(pathParameters[parameter]);
      const bytes = Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8");
      const { status, ...rest } = await answer({ name, headers, body: bytes });
      return { statusCode: status, ...rest };
    },
  );
}
