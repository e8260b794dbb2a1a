import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { APIGatewayProxyEventV2 } from "aws-lambda";

/** The route and listener by which a request arrived. */
export interface Routed {
  method: string;
  /** The path in serverless.yml: `/webhooks/{sender}`. */
  path: string;
  parameters: Record<string, string>;
}

/**
 * Makes the event that API Gateway passes to a function: HTTP API, payload format version 2.0, body always in base64.
 */
export function apiEvent(
  { method, path, parameters }: Routed,
  request: IncomingMessage,
  body: Buffer,
  nowMs: number,
): APIGatewayProxyEventV2 {
  const [pathname = "", ...query] = (request.url ?? "/").split("?");
  const routeKey = `${method} ${path}`;
  return {
    version: "2.0",
    routeKey,
    rawPath: pathname,
    rawQueryString: query.join("?"),
    headers: plainHeaders(request.headers),
    pathParameters: parameters,
    requestContext: {
      accountId: "local",
      apiId: "local",
      domainName: request.headers.host ?? "",
      domainPrefix: "local",
      http: {
        method,
        path: pathname,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? "",
        userAgent: request.headers["user-agent"] ?? "",
      },
      requestId: randomUUID(),
      routeKey,
      stage: "$default",
      time: logTime(nowMs),
      timeEpoch: nowMs,
    },
    body: body.toString("base64"),
    isBase64Encoded: true,
  };
}

/** Joins repeated headers with commas. Node has already made the names lower case. */
function plainHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const name of Object.keys(headers)) plain[name] = String(headers[name] ?? "");
  return plain;
}

let told = { second: Number.NaN, text: "" };

/** `12/Mar/2020:19:03:58 +0000`. Kept for its second. */
function logTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (told.second !== second) {
    const text = new Date(ms)
      .toUTCString()
      .replace(/^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/, "$1/$2/$3:$4 +0000");
    told = { second, text };
  }
  return told.text;
}
