import { createHash, createHmac } from "node:crypto";

/** A key of Huawei Cloud or Open Telekom Cloud. */
export interface SigningKey {
  accessKey: string;
  secretKey: string;
}

export interface Signable {
  method: string;
  url: string;
  /** Names in lower case. All of them are signed. */
  headers: Record<string, string>;
  body: string | null;
}

const ALGORITHM = "SDK-HMAC-SHA256";

/**
 * Signs a request. The URL that is sent is the one that is signed: its query is written as the signature needs it, so
 * the gateway sees the same bytes whether it decodes them first or not.
 * @returns the URL and the headers to send. `host` is signed and left to the transport, which sends it without a
 * default port.
 * Source: Huawei Cloud, API Request Signing Guide, "Signing Process"; its example is a test vector.
 */
export function signed(
  request: Signable,
  key: SigningKey,
  nowMs: number,
): { url: string; headers: Record<string, string> } {
  const url = new URL(request.url);
  url.search = canonicalQuery(url.searchParams);
  const date = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const headers = { ...request.headers, "x-sdk-date": date };
  const lines = Object.entries({ ...headers, host: url.host })
    .map(([name, value]) => [name.toLowerCase(), value.trim()] as const)
    .toSorted(([a], [b]) => compare(a, b));
  const names = lines.map(([name]) => name).join(";");
  const canonical = [
    request.method,
    canonicalPath(url.pathname),
    url.search.slice(1),
    ...lines.map(([name, value]) => `${name}:${value}`),
    "",
    names,
    sha256(request.body ?? ""),
  ].join("\n");
  const toSign = [ALGORITHM, date, sha256(canonical)].join("\n");
  const signature = createHmac("sha256", key.secretKey).update(toSign).digest("hex");
  const authorization = `${ALGORITHM} Access=${key.accessKey}, SignedHeaders=${names}, Signature=${signature}`;
  return { url: url.href, headers: { ...headers, authorization } };
}

/** With a slash at its end, whether the request has one or not. */
function canonicalPath(path: string): string {
  const parts = path.split("/").map((part) => encoded(decodeURIComponent(part)));
  return parts.at(-1) === "" ? parts.join("/") : `${parts.join("/")}/`;
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map((pair) => pair.join("="))
    .join("&");
}

/** RFC 3986: all but letters, digits and `-._~`. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** By character codes, whatever the language of this machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
