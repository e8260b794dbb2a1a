import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** Scanners for leaked secrets find tokens by it. */
const PREFIX = "regild_";
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 62 ** 43 is above 2 ** 256. */
const SECRET_LENGTH = 43;
/** 62 ** 6 is above 2 ** 32. */
const CHECKSUM_LENGTH = 6;
const TOKEN = /^regild_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

/** Base 32 without look-alikes. */
const ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_LENGTH = 10;

export const SECRET_BYTES = 32;

/**
 * Writes a token: prefix, 256 random bits in base 62, and the CRC-32 of those in base 62. The checksum lets a scanner
 * tell a token from text that resembles one, without asking Regild. GitHub's tokens are built in the same way.
 * Source: github.blog, "Behind GitHub's new authentication token formats".
 */
export function tokenText(random: Uint8Array): string {
  if (random.length !== SECRET_BYTES) throw new Error(`a token takes ${SECRET_BYTES} random bytes`);
  const secret = base62(BigInt(`0x${Buffer.from(random).toString("hex")}`), SECRET_LENGTH);
  return `${PREFIX}${secret}${checksum(secret)}`;
}

/** True if prefix, length and checksum are right. Says nothing about whether the token is known. */
export function isTokenText(text: string): boolean {
  const [, secret = "", sum] = TOKEN.exec(text) ?? [];
  return sum !== undefined && sum === checksum(secret);
}

/**
 * The hash that is stored instead of the token. One round of SHA-256 without a salt is enough: a token has 256 random
 * bits, so neither a dictionary nor a table of all tokens can exist. Slow hashes protect passwords that people choose.
 */
export function tokenDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The name of a token's record. It comes from the hash, so a token is found without a list of all. */
export function tokenId(digest: string): string {
  const bytes = createHash("sha256").update(`id ${digest}`).digest().subarray(0, ID_LENGTH);
  return [...bytes].map((byte) => ID_ALPHABET[byte % ID_ALPHABET.length]).join("");
}

function checksum(secret: string): string {
  return base62(BigInt(crc32(secret)), CHECKSUM_LENGTH);
}

function base62(value: bigint, length: number): string {
  let text = "";
  for (let left = value; left > 0n; left /= 62n) text = `${DIGITS[Number(left % 62n)]}${text}`;
  return text.padStart(length, "0");
}
