import { describe, expect, it } from "vitest";
import type { CloudConfig } from "../../shared/openstack/config.ts";
import { maskedUrls } from "../../shared/masked-urls.ts";
import { masked } from "../../shared/openstack/mask.ts";

const SECRETS = ["pa\"ss\\word/é€ &<'+%", "a b&c", "tab\there\nend", "😀secret", "hunter2"];

const SPELLINGS: Array<[string, (secret: string) => string]> = [
  ["as it is", (secret) => secret],
  ["in JSON", (secret) => JSON.stringify({ password: secret })],
  ["in JSON in JSON", (secret) => JSON.stringify({ body: JSON.stringify({ password: secret }) })],
  ["in JSON of ASCII, as Python writes it", (secret) => asciiJson(secret)],
  ["in JSON with escaped slashes", (secret) => JSON.stringify(secret).replaceAll("/", "\\/")],
  ["percent-encoded", (secret) => encodeURIComponent(secret)],
  ["percent-encoded in lower case", (secret) => percent(secret)],
  ["as a form", (secret) => new URLSearchParams({ password: secret }).toString()],
  ["in HTML", (secret) => html(secret, "&#39;")],
  ["in HTML with hexadecimal entities", (secret) => html(secret, "&#x27;")],
  ["as base64 of user:password", (secret) => Buffer.from(`me:${secret}`).toString("base64")],
  ["as base64", (secret) => Buffer.from(secret).toString("base64")],
];

function asciiJson(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
const percent = (text: string) =>
  Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
const html = (text: string, apostrophe: string) =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", apostrophe);

const auth = (password: string): CloudConfig["auth"] => ({
  kind: "password",
  user: { name: "me", domain: { id: "default" } },
  password,
  project: { id: "p" },
});

describe.each(SECRETS)("the password %j", (secret) => {
  it.each(SPELLINGS)("is masked %s", (_, spell) => {
    const spelt = spell(secret);
    const text = masked(`Invalid input: ${spelt} is not valid`, auth(secret));
    expect(text).toMatch(/^Invalid input: .*….* is not valid$/s);
    expect(text).not.toContain(spelt);
    const bare = spell("").length;
    expect(text.length).toBeLessThanOrEqual("Invalid input:  is not valid".length + bare + 12);
  });
});

it("other text stays", () => {
  expect(masked("the password is wrong", auth("hunter2"))).toBe("the password is wrong");
});

it.each([
  ["proxy http://me:pw@proxy:3128 refused", "proxy http://…@proxy:3128 refused"],
  ["https://me:p%40w@host/v3?x=a@b", "https://…@host/v3?x=a@b"],
  ['{"url":"http:\\/\\/me:pw@host"}', '{"url":"http:\\/\\/…@host"}'],
  ["https://host/v3/a@b", "https://host/v3/a@b"],
])("%s", (text, expected) => {
  expect(maskedUrls(text)).toBe(expected);
});
