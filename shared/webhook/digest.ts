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

/** The time that it takes tells neither which of them it was, nor how much of one was right, nor how long they are. */
export function isAmong(given: string, expected: readonly string[]): boolean {
  const digest = sha256(given);
  return expected.filter((each) => timingSafeEqual(digest, sha256(each))).length > 0;
}

export function sha256(data: string | Uint8Array): Buffer {
  return hash("sha256", data, "buffer");
}
