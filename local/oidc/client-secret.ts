import { readFileSync } from "node:fs";
import type { OidcSettings } from "../../shared/settings/oidc.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The client secret, or why there is none. Null: the client has none, and proves itself by PKCE alone. */
export function clientSecret(
  is: Pick<OidcSettings, "client_secret" | "client_secret_file" | "client_secret_env">,
  env: Env,
): { secret: string | null } | { problem: string } {
  const { client_secret: written, client_secret_file: file, client_secret_env: variable } = is;
  if (variable !== undefined) {
    const secret = env[variable]?.trim() ?? "";
    if (secret !== "") return { secret };
    return { problem: `oidc.client_secret_env: the variable ${variable} is not set` };
  }
  if (file === undefined) return { secret: written ?? null };
  try {
    const secret = readFileSync(file, "utf8").trim();
    return secret === "" ? { problem: `oidc.client_secret_file: ${file} is empty` } : { secret };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { problem: `oidc.client_secret_file cannot be read: ${reason}` };
  }
}
