import type { Settings } from "../../shared/settings/settings.ts";
import { clientSecret } from "../oidc/client-secret.ts";
import type { App } from "./app.ts";
import { usageError } from "./command-error.ts";

/** @throws CommandError: the client secret of the OpenID provider is not where regild.yml says. */
export function needClientSecret({ oidc }: Pick<Settings, "oidc">, env: App["env"]): void {
  const read = oidc === null ? null : clientSecret(oidc, env);
  if (read === null || !("problem" in read)) return;
  throw usageError(read.problem, "Correct it, or take oidc out of regild.yml");
}
