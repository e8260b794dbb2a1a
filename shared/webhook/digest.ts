import { type BinaryToTextEncoding, createHmac, hash, timingSafeEqual } from "node:crypto";

export function hmacSha256(
  encoding: BinaryToTextEncoding,
  key: string | Uint8Array,
  ...parts: Array<string | Uint8Array>
): string {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest(encoding);
}

/**
 * For digests and signatures, whose length everybody knows. The time that it takes tells neither which of them it was, nor
 * how much of one was right.
 */
export function isAmong(given: string, expected: readonly string[]): boolean {
  const bytes = Buffer.from(given);
  return expected.filter((each) => isSame(bytes, Buffer.from(each))).length > 0;
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** For secrets themselves: the time hardly tells how long they are either. */
export function isSecretAmong(given: string, expected: readonly string[]): boolean {
  const digestOf = (text: string): string => sha256(text).toString("hex");
  return isAmong(digestOf(given), expected.map(digestOf));
}

export function sha256(data: string | Uint8Array): Buffer {
  return hash("sha256", data, "buffer");
}
