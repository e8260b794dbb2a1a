import * as z from "zod/mini";
import { rule } from "../recipe/field.ts";
import { secret } from "./config-file.ts";
import { isSigningSecret } from "./standard-webhooks.ts";

export const SECRETS = 'secrets: ["whsec_…"]';

/** `secrets` of a receiver of Standard Webhooks. Each signs: there are two while one takes the place of the other. */
export const signingSecrets = z
  .array(
    secret.check(
      rule((text) =>
        isSigningSecret(text)
          ? null
          : 'does not begin with whsec_. Make one: echo "whsec_$(openssl rand -base64 32)"',
      ),
    ),
    { error: () => `is not a list. Write ${SECRETS}` },
  )
  .check(z.minLength(1, { error: `is empty. Write ${SECRETS}` }));
