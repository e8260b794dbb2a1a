import * as z from "zod/mini";
import type { Mail, MailAnswer, Mailer } from "../notify/mail.ts";
import type { Http } from "../ports.ts";
import type { AwsAccess } from "./seam.ts";
import { signedPost } from "./signed-post.ts";

const PATH = "/v2/email/outbound-emails";
const TIMEOUT_MS = 15_000;

/** What AWS says of the mail itself, the same at every repetition (SES API v2 reference, SendEmail, errors). */
const FOR_GOOD = /^(BadRequestException|MessageRejected)$/;

/**
 * Mail by SES, API version 2 (SendEmail: POST /v2/email/outbound-emails, JSON). SES writes a Message-ID of its own, so the
 * notification's id is in `X-Regild-Id`. It takes or refuses a mail for all of its recipients.
 * Source: SES API v2 reference, SendEmail and Message; SES developer guide, Header fields.
 */
export class SesMailer implements Mailer {
  private readonly access: AwsAccess;
  private readonly http: Http;
  private readonly now: () => number;

  constructor(access: AwsAccess, http: Http, now: () => number) {
    this.access = access;
    this.http = http;
    this.now = now;
  }

  async send(mail: Mail, smtp: object | undefined): Promise<MailAnswer> {
    const no = (reason: string, isForGood: boolean): MailAnswer => ({
      taken: [],
      refusal: { reason, isForGood },
    });
    if (smtp !== undefined) {
      return no("on AWS mail goes by SES: take smtp out of regild.yml, and store it again", false);
    }
    const answer = await this.http.send(
      signedPost(
        this.access,
        {
          service: "ses",
          path: PATH,
          body: JSON.stringify(documentOf(mail)),
          headers: { "Content-Type": "application/json" },
        },
        { nowMs: this.now(), timeoutMs: TIMEOUT_MS },
      ),
    );
    if (answer.kind === "failure") return no(`SES: ${answer.reason}`, false);
    const { status, headers, text } = answer;
    if (status === 200) return { taken: mail.recipients, refusal: null };
    const code = (headers["x-amzn-errortype"] ?? "").replace(/:.*$/, "");
    const said = code === "" ? `status ${status}` : code;
    return no(`SES answered ${said}${messageIn(text)}`, FOR_GOOD.test(code));
  }
}

function documentOf({ from, recipients, subject, text, id }: Mail): object {
  const data = (Data: string) => ({ Data, Charset: "UTF-8" });
  return {
    FromEmailAddress: from,
    Destination: { ToAddresses: recipients },
    Content: {
      Simple: {
        Subject: data(subject),
        Body: { Text: data(text) },
        Headers: [{ Name: "X-Regild-Id", Value: id }],
      },
    },
  };
}

const refusalSchema = z.object({
  message: z.optional(z.string()),
  Message: z.optional(z.string()),
});

function messageIn(text: string): string {
  try {
    const { message, Message } = refusalSchema.parse(JSON.parse(text));
    const said = message ?? Message;
    return said === undefined ? "" : `: ${said}`;
  } catch {
    return "";
  }
}
