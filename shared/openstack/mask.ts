import { maskedUrls } from "../masked-urls.ts";
import type { CloudConfig } from "./config.ts";

const NAMED: Record<string, string> = {
  "&": "amp",
  "<": "lt",
  ">": "gt",
  '"': "quot",
  "'": "apos",
};
const SHORT: Record<string, string> = { "\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f" };

/**
 * Masks the secrets of a sign-in wherever a service or a proxy quotes it: as it is, escaped for JSON (also twice), for
 * a URL, a form or HTML, or as base64, as well as any user and password in a URL.
 */
export function masked(text: string, auth: CloudConfig["auth"]): string {
  const { user, secrets } = secretsOf(auth);
  const encoded = secrets
    .flatMap((secret) => [secret, `${user}:${secret}`])
    .map((plain) => Buffer.from(plain).toString("base64").replace(/=+$/, ""));
  const forms = [
    ...secrets.map((secret) => Array.from(secret, formsOf).join("")),
    ...encoded.flatMap((each) => [escaped(each), Array.from(each, formsOf).join("")]),
  ].filter((form) => form !== "");
  return maskedUrls(text.replaceAll(new RegExp(forms.join("|"), "g"), "…"));
}

function secretsOf(auth: CloudConfig["auth"]): { user: string; secrets: string[] } {
  if (auth.kind === "access-key") {
    const { accessKey, secretKey, securityToken } = auth;
    return {
      user: accessKey,
      secrets: [secretKey, ...(securityToken === null ? [] : [securityToken])],
    };
  }
  const who = auth.kind === "password" ? auth.user : auth.credential;
  const secret = auth.kind === "password" ? auth.password : auth.secret;
  return { user: "name" in who ? who.name : who.id, secrets: [secret] };
}

/** Every spelling of one character. */
function formsOf(char: string): string {
  const hex = (code: number, digits: number) => caseless(code.toString(16).padStart(digits, "0"));
  const units = Array.from({ length: char.length }, (_, at) => hex(char.charCodeAt(at), 4));
  const code = char.codePointAt(0) ?? 0;
  const bytes = Array.from(Buffer.from(char), (byte) => `%(?:25)*${hex(byte, 2)}`);
  return `(?:${[
    `\\\\{0,4}${escaped(char)}`,
    ...(SHORT[char] === undefined ? [] : [`\\\\{1,4}${SHORT[char]}`]),
    units.map((unit) => `\\\\{1,4}u${unit}`).join(""),
    bytes.join(""),
    ...(char === " " ? ["\\+"] : []),
    `&(?:amp;)*#(?:0*${code}|[xX]0*${caseless(code.toString(16))});`,
    ...(NAMED[char] === undefined ? [] : [`&(?:amp;)*${NAMED[char]};`]),
  ].join("|")})`;
}

function caseless(hex: string): string {
  return hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
