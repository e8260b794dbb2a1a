import * as z from "zod/mini";
import { mapping, oneOf, rule, string } from "../recipe/field.ts";
import { SCHEMES } from "./sender.ts";
import { isSigningSecret, signingSecretProblem } from "./standard-webhooks.ts";

const SHORTEST_SECRET = 16;
export const EXAMPLE = 'senders: { ci: { scheme: github, secrets: ["…"] } }';

/** Names of senders and of chat workspaces. They are part of a URL. */
const URL_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

export const secret = string("a secret, in quotes").check(
  rule((text) => {
    if (text !== text.trim()) return "begins or ends with a blank. Take the blank away";
    if (isSigningSecret(text)) return signingSecretProblem(text);
    return text.length < SHORTEST_SECRET
      ? `is shorter than ${SHORTEST_SECRET} characters. Make one: openssl rand -hex 32`
      : null;
  }),
);

const SECRETS = 'secrets: ["…"]';
const senderFields = {
  scheme: oneOf(SCHEMES),
  secrets: z
    .array(secret, {
      error: ({ input }) =>
        `${input === undefined ? "is missing" : "is not a list"}. Write ${SECRETS}`,
    })
    .check(z.minLength(1, { error: `is empty. Write ${SECRETS}` })),
};

const sender = mapping(senderFields, 'scheme: github and secrets: ["…"] below it').check(
  (context) => {
    const { scheme, secrets } = context.value;
    if (scheme !== "standard_webhooks") return;
    for (const [index, input] of secrets.entries()) {
      if (isSigningSecret(input)) continue;
      const message = "does not begin with whsec_. Copy all of what the sender shows";
      context.issues.push({ code: "custom", message, input, path: ["secrets", index] });
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
