import aws4 from "aws4";
import type { HttpRequest } from "../ports.ts";
import type { AwsAccess } from "./seam.ts";

/** A POST that AWS takes. @param service as the signature names it. */
export function signedPost(
  { endpoint, region, credentials }: AwsAccess,
  {
    service,
    path,
    body,
    headers,
  }: Record<"service" | "path" | "body", string> & {
    headers: Record<string, string>;
  },
  { nowMs, timeoutMs }: { nowMs: number; timeoutMs: number },
): HttpRequest & { body: string } {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const url = new URL(path, endpoint);
  const atSecond = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, "");
  const signed = aws4.sign(
    {
      service,
      region,
      method: "POST",
      path,
      body,
      headers: { Host: url.host, "X-Amz-Date": atSecond, ...headers },
    },
    { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) },
  );
  const sent = Object.entries(signed.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  return { method: "POST", url: url.href, headers: Object.fromEntries(sent), body, timeoutMs };
}
