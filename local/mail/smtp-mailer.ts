import { isIP } from "node:net";
import type SMTPTransport from "nodemailer/lib/smtp-transport";
import type { Mail, MailAnswer, Mailer } from "../../shared/notify/mail.ts";
import type { Smtp } from "../../shared/notify/target.ts";
import { cloudWords } from "../../shared/plain-text.ts";

const SECOND = 1000;
const PORTS = { starttls: 587, implicit: 465, none: 25 } as const;

/**
 * Mail by SMTP. nodemailer is loaded with the first mail. Its own time-outs are minutes long, longer than a worker has for
 * one message, so each is given here. STARTTLS is asked for and has to be there: without `requireTLS`, a server or somebody
 * in between that does not offer it gets the mail, and the password, in the clear.
 * @param roots the CAs to trust. Left out: those of Node.
 */
export function openSmtpMailer(roots?: () => string[]): Mailer {
  return {
    send: async (mail, smtp) => {
      if (smtp === undefined)
        return no(
          "there is no smtp. Write smtp: { host: mail.example.com }: SES is for AWS",
          false,
        );
      const { createTransport } = await import("nodemailer");
      const transport = createTransport(optionsOf(smtp, roots));
      try {
        return answerOf(await transport.sendMail(messageOf(mail)), mail);
      } catch (error) {
        return refusalOf(error);
      } finally {
        transport.close();
      }
    },
  };
}

function optionsOf(
  { host, tls = "starttls", port = PORTS[tls], user, password }: Smtp,
  roots?: () => string[],
): SMTPTransport.Options {
  return {
    host,
    port,
    secure: tls === "implicit",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
    ...(roots === undefined
      ? {}
      : { tls: { ca: roots(), ...(isIP(host) === 0 ? { servername: host } : {}) } }),
    connectionTimeout: 15 * SECOND,
    greetingTimeout: 15 * SECOND,
    socketTimeout: 30 * SECOND,
    dnsTimeout: 15 * SECOND,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function messageOf({ from, to, recipients, subject, text, id }: Mail) {
  return {
    from,
    to: [...to],
    envelope: { from, to: [...recipients] },
    subject,
    text,
    messageId: id,
    headers: { "Auto-Submitted": "auto-generated", "X-Regild-Id": id },
  };
}

/** Some recipients may be refused while others have the mail: nodemailer throws only where all are. */
function answerOf(
  { accepted: taken, rejectedErrors }: SMTPTransport.SentMessageInfo,
  mail: Mail,
): MailAnswer {
  const left = mail.recipients.filter((address) => !taken.includes(address));
  if (left.length === 0) return { taken, refusal: null };
  const codes = (rejectedErrors ?? []).map(({ responseCode }) => responseCode ?? 0);
  const first = rejectedErrors?.[0];
  const reason = `${left.join(", ")} refused: ${first === undefined ? "no reason" : first.message}`;
  return {
    taken,
    refusal: { reason: cloudWords(reason), isForGood: codes.every((code) => code >= 500) },
  };
}

/** Of the mail itself or its recipients, and by a code that says "for good" (RFC 5321, 4.2.1). */
const ABOUT_THE_MAIL = new Set(["EENVELOPE", "EMESSAGE"]);

function refusalOf(error: unknown): MailAnswer {
  if (!(error instanceof Error)) return no(String(error), false);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const status =
    "responseCode" in error && typeof error.responseCode === "number" ? error.responseCode : 0;
  return no(error.message, ABOUT_THE_MAIL.has(code) && status >= 500);
}

function no(reason: string, isForGood: boolean): MailAnswer {
  return { taken: [], refusal: { reason: cloudWords(reason), isForGood } };
}
