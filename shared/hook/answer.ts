import * as z from "zod/mini";
import { cloudWords } from "../plain-text.ts";
import type { HttpFailure, HttpResponse } from "../ports.ts";

/** What a hook says, at once or later. */
export const answerSchema = z.object({
  ready: z.boolean(),
  reason: z._default(z.nullable(z.string()), null),
});

export type Meaning =
  | { kind: "answered"; isReady: boolean; text: string | null }
  /** The hook calls back. */
  | { kind: "later" }
  /** It is asked again. */
  | { kind: "again"; problem: string };

/** Refusals that a later request need not meet: RFC 9110, RFC 8470, RFC 6585. */
const TRANSIENT = [408, 425, 429];
const LONGEST_TEXT = 400;

/**
 * Nothing but a clear yes lets the run go on: a page of something in between is none, and a proxy's page may quote the
 * request, so it is not shown either.
 * @param hidden secrets that the hook may quote.
 */
export function meaningOf(answer: HttpResponse | HttpFailure, hidden: readonly string[]): Meaning {
  const refused = (text: string): Meaning => ({
    kind: "answered",
    isReady: false,
    text: wordsOf(text, hidden),
  });
  if (answer.kind === "failure") {
    const { permanent, reason } = answer;
    return permanent === true
      ? refused(reason)
      : { kind: "again", problem: without(reason, hidden) };
  }
  const { status, text } = answer;
  const problem = `it answered ${status}`;
  if (status < 200 || status >= 500 || TRANSIENT.includes(status))
    return { kind: "again", problem };
  if (status === 202) return { kind: "later" };
  const said = answerIn(text);
  if (status < 300 && said !== null)
    return { kind: "answered", isReady: said.ready, text: wordsOf(said.reason, hidden) };
  if (status < 300) return refused(`${problem}, and not {"ready": true}`);
  if (status < 400) return refused(`${problem}, and redirects are not followed`);
  const reason = said?.reason ?? "";
  return refused(reason.trim() === "" ? problem : `${problem}: ${reason}`);
}

/** As a record may hold it. Secrets go before the text is cut: the cut would leave the beginning of one. */
export function wordsOf(text: string | null, hidden: readonly string[]): string | null {
  return text === null ? null : cloudWords(without(text, hidden), LONGEST_TEXT);
}

function without(text: string, hidden: readonly string[]): string {
  return hidden.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
}

function answerIn(text: string): z.infer<typeof answerSchema> | null {
  try {
    const read = answerSchema.safeParse(JSON.parse(text));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}
