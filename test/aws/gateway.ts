import * as z from "zod/mini";

/** What a browser or program sends. */
export interface GatewayRequest {
  method: string;
  /** Encoded; with a query, where there is one. */
  path: string;
  /** By their names in lower case. */
  headers: Record<string, string>;
  body: string;
}
export interface GatewayAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export const GATEWAY_HOST = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com";

/** Of a function by which the gateway answers. */
const resultSchema = z.strictObject({
  statusCode: z.int(),
  headers: z.optional(z.record(z.string(), z.string())),
  cookies: z.optional(z.array(z.string())),
  body: z.optional(z.string()),
  isBase64Encoded: z.optional(z.literal(false)),
});

/**
 * What an HTTP API hands over: cookies in a field of their own, the path decoded, a form in base64.
 * Sources: API Gateway developer guide, Create AWS Lambda proxy integrations for HTTP APIs, payload format 2.0; of the
 * decoded path, https://github.com/middleapi/standard-server/pull/93.
 */
export function gatewayEvent(
  { method, path: target, headers, body }: GatewayRequest,
  route: { key: string; parameters: Record<string, string> },
) {
  const [path = "", query = ""] = target.split("?", 2);
  const rawPath = decodeURIComponent(path);
  const { cookie, ...others } = headers;
  return {
    version: "2.0",
    routeKey: route.key,
    rawPath,
    rawQueryString: query,
    ...(cookie !== undefined && { cookies: cookie.split(/; */) }),
    headers: {
      host: GATEWAY_HOST,
      "x-forwarded-for": "192.0.2.1",
      "x-forwarded-port": "443",
      "x-forwarded-proto": "https",
      ...others,
    },
    requestContext: {
      accountId: "000000000000",
      http: {
        method,
        path: rawPath,
        protocol: "HTTP/1.1",
        sourceIp: "192.0.2.1",
        userAgent: "sender",
      },
      requestId: "request",
      routeKey: route.key,
      stage: "$default",
    },
    pathParameters: route.parameters,
    body: isText(headers) ? body : Buffer.from(body).toString("base64"),
    isBase64Encoded: !isText(headers),
  };
}

/** What the sender gets for it. @throws ZodError for a result that no gateway understands. */
export function gatewayAnswer(result: unknown): GatewayAnswer {
  const { statusCode, headers = {}, cookies = [], body = "" } = resultSchema.parse(result);
  const set = cookies.length === 0 ? {} : { "set-cookie": cookies.join("\n") };
  return { status: statusCode, headers: { ...headers, ...set }, body };
}

/** Of other bodies, forms among them, an HTTP API hands over base64. */
function isText(headers: Readonly<Record<string, string>>): boolean {
  return /^(text\/|application\/(json|javascript|xml)\b)/.test(headers["content-type"] ?? "text/");
}
