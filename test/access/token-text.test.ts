import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { expect, it } from "vitest";
import { isTokenText, tokenDigest, tokenText } from "../../shared/access/token-text.ts";

const ALL_ZERO = tokenText(new Uint8Array(32));
const ALL_ONE = tokenText(new Uint8Array(32).fill(255));

it("a token has a prefix, 43 signs of secret and 6 of checksum, whatever the bits are", () => {
  for (const text of [ALL_ZERO, ALL_ONE, tokenText(randomBytes(32))]) {
    expect(text).toMatch(/^regild_[0-9A-Za-z]{49}$/);
    expect(isTokenText(text)).toBe(true);
  }
  expect(ALL_ZERO.slice(7, 50)).toBe("0".repeat(43));
});

it("the checksum is the CRC-32 of the secret, as a scanner computes it", () => {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const secret = ALL_ONE.slice(7, 50);
  const sum = Array.from(ALL_ONE.slice(50)).reduce(
    (value, digit) => value * 62 + digits.indexOf(digit),
    0,
  );
  expect(sum).toBe(crc32(secret));
});

it("two tokens of different bits are different, and so are their hashes", () => {
  const texts = Array.from({ length: 200 }, () => tokenText(randomBytes(32)));
  expect(new Set(texts).size).toBe(200);
  expect(new Set(texts.map(tokenDigest)).size).toBe(200);
});

it("fewer random bits are refused", () => {
  expect(() => tokenText(new Uint8Array(31))).toThrow("32 random bytes");
});

it("a token with one sign changed, cut off or added is none", () => {
  const text = tokenText(randomBytes(32));
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === "x" ? "y" : "x";
    expect(isTokenText(`${text.slice(0, at)}${other}${text.slice(at + 1)}`)).toBe(false);
    expect(isTokenText(text.slice(0, at))).toBe(false);
  }
  for (const wrong of [`${text}0`, ` ${text}`, `${text}\n`, text.toUpperCase(), ""]) {
    expect(isTokenText(wrong)).toBe(false);
  }
});
