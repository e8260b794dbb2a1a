import * as z from "zod/mini";
import { boolean, mapping, rule, string } from "../recipe/field.ts";
import { nameProblem, secret } from "../webhook/config-file.ts";
import { isSigningSecret } from "../webhook/standard-webhooks.ts";

const EXAMPLE = 'callbacks: { ci: { url: "https://ci.example.com/regild", secrets: ["whsec_…"] } }';

const fields = {
  /** Shown in no message, as it may hold a token. */
  url: string('url: "https://ci.example.com/regild"').check(
    rule((text) => {
      if (!URL.canParse(text) || new URL(text).protocol !== "https:")
        return "is no https address. Write https://ci.example.com/regild";
      return new URL(text).username === ""
        ? null
        : "holds a user. Take it out: requests are signed";
    }),
  ),
  /** Each signs: two while one takes the place of the other. */
  secrets: z
    .array(
      secret.check(
        rule((text) =>
          isSigningSecret(text)
            ? null
            : 'does not begin with whsec_. Make one: echo "whsec_$(openssl rand -base64 32)"',
        ),
      ),
      {
        error: ({ input }) =>
          `${input === undefined ? "is missing" : "is not a list"}. Write secrets: ["whsec_…"]`,
      },
    )
    .check(z.minLength(1, { error: 'is empty. Write secrets: ["whsec_…"]' })),
  private_addresses: z.exactOptional(boolean()),
};

const target = mapping(fields, "url: and secrets: below it");
export type CallbackTarget = z.infer<typeof target>;

/** Where the outcome of runs is reported, by name. No message shows a value, as one may be a secret. */
export const callbacks = z.record(
  z.string().check(rule(nameProblem("a callback's name"))),
  target,
  {
    error: ({ input }) =>
      `${input === undefined ? "is missing" : "is not a mapping"}. Write ${EXAMPLE}`,
  },
);

export const CALLBACK_KEYS = Object.keys(fields);
