import { createHash, createHmac } from "node:crypto";

/** One access key, as the cloud knows it. */
export interface KnownKey {
  access: string;
  secret: string;
  /** Of a temporary key, with its end. */
  temporary?: { securityToken: string; endsAtMs: number };
}

/** A request as it arrived. */
export interface Arrived {
  method: string;
  /** Path and query, byte by byte. */
  target: string;
  /** Names in lower case, `host` among them. */
  headers: Record<string, string>;
  body: string;
}

const CLOCK_TOLERANCE_MS = 15 * 60_000;

/**
 * The receiving side of "API Request Signing Guide" (Huawei Cloud), written from that document alone: it takes the
 * request apart from its bytes, and shares nothing with the code that signs.
 * @returns the key; else the gateway's words for the refusal.
 */
export function checkSignature(
  request: Arrived,
  keys: readonly KnownKey[],
  nowMs: number,
): { key: KnownKey } | { refusal: string } {
  const { headers } = request;
  const said =
    /^SDK-HMAC-SHA256 Access=([^,\s]+), SignedHeaders=([^,\s]+), Signature=([0-9a-f]{64})$/u.exec(
      headers["authorization"] ?? "",
    );
  if (said === null) return { refusal: "authorization header is missing or malformed" };
  const [, access, names = "", signature] = said;
  const key = keys.find((known) => known.access === access);
  if (key === undefined) return { refusal: "AK access key not found" };
  const date = headers["x-sdk-date"] ?? "";
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u.exec(date)?.slice(1).map(Number);
  if (parts === undefined) return { refusal: "x-sdk-date is missing or malformed" };
  const [year = 0, month = 0, day, hour, minute, second] = parts;
  const sentAtMs = Date.UTC(year, month - 1, day, hour, minute, second);
  if (Math.abs(nowMs - sentAtMs) > CLOCK_TOLERANCE_MS) return { refusal: "signature expired" };
  const signedNames = names.split(";");
  const isSorted = signedNames.every((name, at) => at === 0 || (signedNames[at - 1] ?? "") < name);
  if (!isSorted || names !== names.toLowerCase()) return { refusal: "SignedHeaders is not sorted" };
  for (const needed of ["host", "x-sdk-date"]) {
    if (!signedNames.includes(needed)) return { refusal: `${needed} is not signed` };
  }
  const { temporary } = key;
  if (temporary !== undefined) {
    if (headers["x-security-token"] !== temporary.securityToken) {
      return { refusal: "X-Security-Token is missing or wrong" };
    }
    if (temporary.endsAtMs <= nowMs) return { refusal: "security token expired" };
  }
  const lines = signedNames.map((name) => `${name}:${(headers[name] ?? "").trim()}\n`);
  const canonical =
    `${request.method}\n${uriOf(request.target)}\n${queryOf(request.target)}\n` +
    `${lines.join("")}\n${names}\n${hashOf(request.body)}`;
  const toSign = `SDK-HMAC-SHA256\n${date}\n${hashOf(canonical)}`;
  const expected = createHmac("sha256", key.secret).update(toSign, "utf8").digest("hex");
  return expected === signature ? { key } : { refusal: "verify aksk signature fail" };
}

/** "CanonicalURI": each part percent-encoded, and a slash at the end. */
function uriOf(target: string): string {
  const [path = "/"] = target.split("?");
  const parts = path.split("/").filter((part, at, all) => part !== "" || at < all.length - 1);
  return `${parts.map((part) => percentEncoded(percentDecoded(part))).join("/")}/`;
}

/** "CanonicalQueryString": name=value, sorted by name; a name without a value keeps its `=`. */
function queryOf(target: string): string {
  const at = target.indexOf("?");
  if (at === -1 || at === target.length - 1) return "";
  const pairs = target
    .slice(at + 1)
    .split("&")
    .map((pair) => {
      const [name = "", ...rest] = pair.split("=");
      return [name, rest.join("=")].map((text) => percentEncoded(percentDecoded(text)));
    });
  pairs.sort(([a = "", x = ""], [b = "", y = ""]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

/** A plus sign stays one: RFC 3986 knows no other space than %20. */
function percentDecoded(text: string): Buffer {
  const bytes: number[] = [];
  const raw = Buffer.from(text, "utf8");
  for (let at = 0; at < raw.length; at++) {
    const hex = raw.subarray(at + 1, at + 3).toString("latin1");
    if (raw[at] === 0x25 && /^[\da-f]{2}$/iu.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else bytes.push(raw[at] ?? 0);
  }
  return Buffer.from(bytes);
}

function percentEncoded(bytes: Buffer): string {
  return Array.from(bytes, (byte) => {
    const char = String.fromCharCode(byte);
    return /[A-Za-z0-9\-._~]/u.test(char)
      ? char
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}

function hashOf(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
