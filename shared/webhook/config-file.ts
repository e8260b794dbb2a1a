import * as z from "zod/mini";
import { mapping, oneOf, rule, string } from "../recipe/field.ts";
import { ALGORITHMS, ENCODINGS, SCHEMES, type Sender } from "./sender.ts";
import { isSigningSecret, signingSecretProblem } from "./standard-webhooks.ts";

const SHORTEST_SECRET = 16;
export const EXAMPLE = 'senders: { ci: { scheme: github, secrets: ["…"] } }';

/** Names of senders and of chat workspaces. They are part of a URL. */
const URL_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

const secretWith = (remedy: string) =>
  string("a secret, in quotes").check(
    rule((text) => {
      if (text !== text.trim()) return "begins or ends with a blank. Take the blank away";
      if (isSigningSecret(text)) return signingSecretProblem(text);
      return text.length < SHORTEST_SECRET
        ? `is shorter than ${SHORTEST_SECRET} characters. ${remedy}`
        : null;
    }),
  );

export const secret = secretWith("Make one: openssl rand -hex 32");
/** A token or signing secret that a chat has made. */
export const chatSecret = secretWith("Copy all of what the chat shows");

const SECRETS = 'secrets: ["…"]';
const header = z.exactOptional(
  string("the name of a header").check(
    z.regex(/^[A-Za-z0-9-]{1,80}$/, { error: "is not the name of a header" }),
  ),
);
const field = z.exactOptional(
  string("the name of a field, for example workflow.id").check(
    z.minLength(1, { error: "is empty. Write the name of a field" }),
  ),
);
const places = { id_header: header, id_field: field, event_header: header, event_field: field };
const signature = {
  header,
  prefix: z.exactOptional(string('what precedes the signature, for example "v1="')),
  algorithm: z.exactOptional(oneOf(ALGORITHMS)),
  encoding: z.exactOptional(oneOf(ENCODINGS)),
  time_header: header,
  time_prefix: z.exactOptional(string('what precedes the time, for example "timestamp="')),
};
const senderFields = {
  scheme: oneOf(SCHEMES),
  secrets: z
    .array(secret, {
      error: ({ input }) =>
        `${input === undefined ? "is missing" : "is not a list"}. Write ${SECRETS}`,
    })
    .check(z.minLength(1, { error: `is empty. Write ${SECRETS}` })),
  ...signature,
  ...places,
};

/** Of one scheme only; the problem of a secret of it, or null. */
const SECRET_RULE: Partial<Record<Sender["scheme"], (secret: string) => string | null>> = {
  standard_webhooks: (text) =>
    isSigningSecret(text) ? null : "does not begin with whsec_. Copy all of what the sender shows",
  bearer: (text) =>
    /^[0-9a-f]{64}$/.test(text)
      ? null
      : 'is not the SHA-256 of a token. Make it: printf %s "$TOKEN" | sha256sum',
};

const sender = mapping(senderFields, 'scheme: github and secrets: ["…"] below it').check(
  (context) => {
    const { scheme, secrets, ...rest } = context.value;
    const report = (path: Array<string | number>, message: string): void => {
      context.issues.push({ code: "custom", message, input: context.value, path });
    };
    for (const [index, each] of secrets.entries()) {
      const problem = SECRET_RULE[scheme]?.(each) ?? null;
      if (problem !== null) report(["secrets", index], problem);
    }
    if (scheme === "hmac" && rest.header === undefined) {
      report(["header"], "is missing. Write header: X-Signature, the one that holds the signature");
    }
    const allowed = scheme === "hmac" ? senderFields : scheme === "bearer" ? places : {};
    for (const key of Object.keys(rest)) {
      if (!(key in allowed))
        report([key], `is not for ${scheme}. Take it out, or write scheme: hmac`);
    }
    if (rest.time_prefix !== undefined && rest.time_header === undefined) {
      report(["time_prefix"], "needs time_header. Write the header that holds the time");
    }
    for (const what of ["id", "event"] as const) {
      if (rest[`${what}_header`] === undefined || rest[`${what}_field`] === undefined) continue;
      report([`${what}_field`], `is beside ${what}_header. Take one of the two out`);
    }
  },
);

/** The senders of regild.yml. No message shows a value, as one may be a secret in the wrong place. */
export const senders = z.record(z.string().check(rule(nameProblem("a sender's name"))), sender, {
  error: ({ input }) =>
    `${input === undefined ? "is missing" : "is not a mapping"}. Write ${EXAMPLE}`,
});

/** The keys of one sender. */
export const SENDER_KEYS = Object.keys(senderFields);

/** @param kind such as `a sender's name`. */
export function nameProblem(kind: string): (name: string) => string | null {
  return (name) =>
    URL_NAME.test(name)
      ? null
      : `is not ${kind}. Write at most 40 of a-z, 0-9 and -, a letter or digit first`;
}
