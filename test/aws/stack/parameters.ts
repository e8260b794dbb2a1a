import * as z from "zod/mini";
import { storedPlace } from "../../../shared/lambda/stored-place.ts";
import { ofType, type Template } from "../template/compiled.ts";

const environmentSchema = z.object({
  Variables: z.object({
    REGILD_CLOUDS: z.optional(z.string()),
    REGILD_SENDERS: z.optional(z.string()),
    REGILD_SESSION_KEY: z.optional(z.string()),
    REGILD_OIDC: z.optional(z.string()),
    REGILD_SIGNING_KEY: z.optional(z.string()),
  }),
});

/** Names of the parameters in which the functions of the template look for secrets. */
export function parametersOf(
  template: Template,
): Record<"clouds" | "senders" | "sessionKey" | "oidc" | "signingKey", string> {
  const variables = ofType(template, "AWS::Lambda::Function").map(
    ([, { Properties }]) => environmentSchema.parse(Properties["Environment"]).Variables,
  );
  const nameOf = (variable: keyof (typeof variables)[number], file: string): string => {
    const place = storedPlace(variables.find((each) => variable in each)?.[variable] ?? "", file);
    if (place.service !== "ssm") throw new Error(`no ${place.service} is brought up here`);
    return place.name;
  };
  return {
    clouds: nameOf("REGILD_CLOUDS", "clouds.yaml"),
    senders: nameOf("REGILD_SENDERS", "senders.json"),
    sessionKey: nameOf("REGILD_SESSION_KEY", "session.key"),
    oidc: nameOf("REGILD_OIDC", "oidc.json"),
    signingKey: nameOf("REGILD_SIGNING_KEY", "signing.pem"),
  };
}
