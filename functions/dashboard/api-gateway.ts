import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import * as z from "zod/mini";
import type { HttpAnswer } from "../../local/http-answer.ts";

/** The parts used of API Gateway's payload format 2.0. Header names are lower case. */
const eventSchema = z.object({
  rawPath: z.string(),
  rawQueryString: z.string(),
  cookies: z.optional(z.array(z.string())),
  headers: z.record(z.string(), z.string()),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
  body: z.optional(z.string()),
  isBase64Encoded: z.boolean(),
});

/**
 * The request as Node's HTTP server hands it over. In format 2.0 cookies are no header, they have a field of their own.
 * Source: API Gateway developer guide, Create AWS Lambda proxy integrations for HTTP APIs.
 */
export function incomingRequest(event: unknown): IncomingMessage {
  const is = eventSchema.parse(event);
  const query = is.rawQueryString === "" ? "" : `?${is.rawQueryString}`;
  const request = Object.assign(new IncomingMessage(new Socket()), {
    method: is.requestContext.http.method,
    url: encodedPath(is.rawPath) + query,
    headers: { ...is.headers, ...(is.cookies && { cookie: is.cookies.join("; ") }) },
  });
  request.push(Buffer.from(is.body ?? "", is.isBase64Encoded ? "base64" : "utf8"));
  request.push(null);
  return request;
}

/** What a path may hold as it is, and every percent sign that begins an encoding. */
const AS_IT_IS = /%[\da-f]{2}|[\w\-.~!$&'()*+,;=:@/]/i;

/**
 * An HTTP API hands over the path decoded, in `rawPath` too, while REST APIs and function URLs do not. So only what cannot
 * be part of an encoded path is encoded again.
 * Source: https://github.com/middleapi/standard-server/pull/93
 */
function encodedPath(path: string): string {
  return path
    .toWellFormed()
    .split(/(%[\da-f]{2}|.)/isu)
    .map((part) => (part === "" || AS_IT_IS.test(part) ? part : encodeURIComponent(part)))
    .join("");
}

/** A cookie in `headers` would be taken, too, but `cookies` is where API Gateway looks for all of them. */
export function proxyResult(answer: HttpAnswer): APIGatewayProxyStructuredResultV2 {
  const { "set-cookie": cookie, connection: _, ...headers } = answer.headers;
  return {
    statusCode: answer.status,
    headers,
    ...(cookie !== undefined && { cookies: [cookie] }),
    body: answer.text,
    isBase64Encoded: false,
  };
}
