import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
} from "node:crypto";
import { randomBytesOf } from "../../random-bytes.ts";

const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** An address to answer at lets everybody who reads it write there, so no record holds it in the clear. */
export function seal(text: string, secret: string): string {
  const iv = randomBytesOf(IV_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(secret), iv);
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64");
}

/** @returns null: it was sealed with none of the secrets, or is damaged. */
export function unseal(sealed: string, secrets: readonly string[]): string | null {
  const bytes = Buffer.from(sealed, "base64");
  for (const secret of secrets) {
    try {
      const decipher = createDecipheriv(CIPHER, keyOf(secret), bytes.subarray(0, IV_BYTES));
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const text = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString("utf8");
    } catch {
      continue;
    }
  }
  return null;
}

/** By the secret that it is made of. They are few: those of regild.yml. */
const keys = new Map<string, KeyObject>();

function keyOf(secret: string): KeyObject {
  const known = keys.get(secret);
  if (known !== undefined) return known;
  const digest = createHmac("sha256", secret).update("regild: address of a chat to answer at");
  const key = createSecretKey(digest.digest());
  keys.set(secret, key);
  return key;
}
