import { readFileSync } from "node:fs";
import { readProxies } from "../../shared/lambda/proxies.ts";
import type { Http } from "../../shared/ports.ts";
import type { OidcSettings } from "../../shared/settings/oidc.ts";
import { openTransport } from "../transport.ts";
import { trustedRoots } from "../trusted-roots.ts";
import { clientSecret } from "./client-secret.ts";
import { NoAnswer } from "./failure.ts";
import type { ProviderAccess } from "./kept-provider.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Of a host: secrets and certificates in files, or named by its environment. */
export function providerAccess(env: Env): ProviderAccess {
  return {
    secret: (settings) => clientSecret(settings, env),
    http: async (settings) => providerHttp(settings, env),
  };
}

/**
 * Reaches the provider as clouds are reached: the same CAs, the same proxies, bounded answers.
 * @throws NoAnswer: a file of certificates cannot be read.
 */
export function providerHttp({ cacert }: Pick<OidcSettings, "cacert">, env: Env): Http {
  const trusted = trustedRoots(env);
  if ("problem" in trusted) {
    throw new NoAnswer(`${trusted.problem.name}: ${trusted.problem.message}`);
  }
  const ca = cacert === undefined ? null : pem(cacert);
  const tls = { ca, cert: null, key: null, verify: true };
  const entry = "oidc of regild.yml";
  return openTransport({ tls, roots: trusted.roots, proxies: readProxies(env, null), entry });
}

function pem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new NoAnswer(`cacert of oidc in regild.yml cannot be read: ${reason}`);
  }
}
