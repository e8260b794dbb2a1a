import { describe, expect, it } from "vitest";
import { MAX_TEXT } from "../../shared/bounds.ts";
import { cloudWords, steerless } from "../../shared/plain-text.ts";
import { comparableId, isCloudId, segment } from "../../shared/cloud-ids.ts";

describe("a text of a cloud", () => {
  it.each([
    ["a terminal escape", "a\u001b[2Jb", "a\uFFFD[2Jb"],
    ["a C1 control sequence", "a\u009b31mb", "a\uFFFD31mb"],
    ["an override of direction", "exe\u202etxt", "exe\uFFFDtxt"],
    ["an isolate", "a\u2066b\u2069", "a\uFFFDb\uFFFD"],
    ["marks of direction", "a\u200f\u061cb", "a\uFFFD\uFFFDb"],
    ["a bell and a zero byte", "a\u0007\u0000", "a\uFFFD\uFFFD"],
    ["lines", "a\r\nb\tc\u2028d", "a b c d"],
    ["half a surrogate pair", "a\ud83d", "a\uFFFD"],
    ["words of other scripts", "日本 עברית 👩‍💻", "日本 עברית 👩‍💻"],
  ])("with %s is one harmless line", (_name, text, line) => {
    expect(cloudWords(text)).toBe(line);
    expect(steerless(text)).toBe(line);
  });

  it.each([MAX_TEXT + 1, 1_000_000, 20_000_000])("of %i characters is cut", (length) => {
    const text = cloudWords("x".repeat(length));
    expect(text).toHaveLength(MAX_TEXT);
    expect(text.endsWith("…")).toBe(true);
  });

  it("is cut to whole characters", () => {
    expect(cloudWords(`${"x".repeat(8)}👍👍`, 10)).toBe(`${"x".repeat(8)}\uFFFD…`);
  });
});

describe("an id of a cloud", () => {
  it.each([
    "97b9cd9f-1c67-4591-938c-2dbc7133ff47",
    "97B9CD9F1C674591938C2DBC7133FF47",
    "req-97b9cd9f-1c67-4591-938c-2dbc7133ff47",
    "image_7",
  ])("may be %s", (id) => {
    expect(isCloudId(id)).toBe(true);
  });

  it.each([
    "",
    ".",
    "..",
    "../../v3/users",
    "a/b",
    "a%2Fb",
    "a?limit=1",
    "a#b",
    "a b",
    "https://evil.example/x",
    "\\\\evil\\x",
    "-rf",
    "a\u0000",
    "a\n",
    "x".repeat(129),
    null,
    5,
    {},
  ])("is not %j", (id) => {
    expect(isCloudId(id)).toBe(false);
  });

  it.each([
    ["AB-CD", "abcd"],
    [" ab-cd ", "abcd"],
  ])("%j is compared as %s", (id, comparable) => {
    expect(comparableId(id)).toBe(comparable);
  });

  it.each(["", ".", ".."])("no part of a path is %j", (text) => {
    expect(() => segment(text)).toThrow(RangeError);
  });
});
