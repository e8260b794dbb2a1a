import { cloudWords } from "../plain-text.ts";
import type { Smtp } from "./target.ts";

/** A mail of plain text. Nothing in it is a header but what stands here, and no text in it ends a header's line. */
export interface Mail {
  from: string;
  /** As the header names them. */
  to: readonly string[];
  /** Who gets it now. */
  recipients: readonly string[];
  subject: string;
  text: string;
  /** The same at every repetition: a mail program shows one mail. */
  id: string;
}

/** What became of a mail. */
export interface MailAnswer {
  /** Who has it. */
  taken: readonly string[];
  /** Why others have not. Null: all have. */
  refusal: { reason: string; isForGood: boolean } | null;
}

/** The way that mail takes. Never rejects: an outage is an answer. */
export interface Mailer {
  send(mail: Mail, smtp: Smtp | undefined): Promise<MailAnswer>;
}

const LONGEST_SUBJECT = 150;

export function subjectOf(title: string): string {
  return cloudWords(title, LONGEST_SUBJECT);
}

/** Lines of plain text; a text of a cloud is one line, whatever it holds. */
export function textOf(title: string, lines: readonly string[]): string {
  return `${[title, "", ...lines].map((line) => cloudWords(line)).join("\n")}\n`;
}
