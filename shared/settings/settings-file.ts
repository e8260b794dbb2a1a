import * as z from "zod/mini";
import { callbacks } from "../callback/target.ts";
import { workspaces } from "../chat/workspace-schema.ts";
import { targets } from "../notify/target.ts";
import { mapping, oneOf } from "../recipe/field.ts";
import { EXAMPLE, senders } from "../webhook/config-file.ts";
import { oidcSection } from "./oidc.ts";
import { SIGN_IN } from "./settings.ts";

const fields = {
  senders: z.exactOptional(senders),
  chat: z.exactOptional(workspaces),
  callbacks: z.exactOptional(callbacks),
  notifications: z.exactOptional(targets),
  sign_in: z.exactOptional(oneOf(SIGN_IN)),
  oidc: z.exactOptional(oidcSection),
};

/** regild.yml. No message shows a value, as one may be a secret in the wrong place. */
export const settingsFile = mapping(fields, EXAMPLE).check((context) => {
  if (Object.keys(context.value).length > 0) return;
  const message = `is missing. Write ${EXAMPLE}`;
  context.issues.push({ code: "custom", message, input: context.value, path: ["senders"] });
});

export const FILE_KEYS = Object.keys(fields);
