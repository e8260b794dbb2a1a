import * as z from "zod/mini";
import { hmacSha256, isAmong } from "../../webhook/digest.ts";
import { jsonIn } from "../reading.ts";

/** What a button stands for, and who may press it where until when. */
export interface Press {
  workspace: string;
  channel: string;
  /** Null: whoever may read the message. Each user's own permission counts. */
  user: string | null;
  /** How a person writes a command: `/regild`. */
  prefix: string;
  /** What follows the prefix. */
  text: string;
  untilMs: number;
}

const PURPOSE = "regild: a button of a chat\n";
const word = z.string();
const fieldsSchema = z.tuple([word, word, z.nullable(word), word, word, z.int()]);

/** For a platform that signs nothing: it keeps this text with the button, shows it to nobody, and sends it back. */
export function signedPress(press: Press, key: string): string {
  const { workspace, channel, user, prefix, text, untilMs } = press;
  const fields = JSON.stringify([workspace, channel, user, prefix, text, untilMs]);
  const body = Buffer.from(fields, "utf8").toString("base64url");
  return `${body}.${signatureOf(body, key)}`;
}

/** @returns null: it was signed with none of the keys. Does the same work whatever the text is. */
export function readPress(signed: string, keys: readonly string[]): Press | null {
  const [body = "", signature = ""] = signed.split(".");
  const expected = keys.map((key) => signatureOf(body, key));
  return isAmong(signature, expected) ? pressIn(signed) : null;
}

/** Reads without a check of the signature. @returns null: it is no such text. */
export function pressIn(signed: string): Press | null {
  const [body = ""] = signed.split(".");
  const read = jsonIn(Buffer.from(body, "base64url").toString("utf8"), fieldsSchema);
  if (read === null) return null;
  const [workspace, channel, user, prefix, text, untilMs] = read;
  return { workspace, channel, user, prefix, text, untilMs };
}

function signatureOf(body: string, key: string): string {
  return hmacSha256("base64url", key, PURPOSE, body);
}
