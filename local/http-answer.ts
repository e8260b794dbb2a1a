import { type ServerResponse, STATUS_CODES } from "node:http";
import type * as z from "zod/mini";
import { type problemDocument, SCHEMA } from "./view/document.ts";

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
  /** Writes on after the headers, instead of `text`, and ends the answer itself. */
  stream?: (response: ServerResponse) => void;
}

/**
 * A problem answer, RFC 9457. `error` is as in the documents of the commands.
 * @param field the wrong field of the body, the query or the headers.
 */
export function refusal(
  status: number,
  code: string,
  message: string,
  remedy: string | null = null,
  field: string | null = null,
): HttpAnswer {
  const problem: z.infer<typeof problemDocument> = {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "",
    status,
    detail: message,
    field,
    schema: SCHEMA,
    error: { code, message, remedy, request_ids: [] },
  };
  const headers = { "content-type": "application/problem+json" };
  return { status, headers, text: JSON.stringify(problem) };
}

export function jsonAnswer(
  status: number,
  body: object,
  headers: Record<string, string> = {},
): HttpAnswer {
  return { status, headers, text: JSON.stringify(body) };
}

/** A refused request, with the message for its sender. */
export class Refused extends Error {
  readonly answer: HttpAnswer;
  readonly code: string;
  readonly remedy: string | null;

  constructor(...is: Parameters<typeof refusal>) {
    super(is[2]);
    this.name = "Refused";
    this.answer = refusal(...is);
    this.code = is[1];
    this.remedy = is[3] ?? null;
  }
}
