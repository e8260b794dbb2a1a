import { readFileSync } from "node:fs";
import type { CustomFetch } from "openid-client";
import type { Http } from "../../shared/ports.ts";
import { readProxies } from "../../shared/lambda/proxies.ts";
import type { OidcSettings } from "../../shared/settings/oidc.ts";
import { openTransport } from "../transport.ts";
import { trustedRoots } from "../trusted-roots.ts";
import { NoAnswer } from "./failure.ts";

type Env = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MS = 10_000;

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

/** `fetch` for openid-client. */
export function providerFetch(http: Http): CustomFetch {
  return async (url, { method, headers, body }) => {
    if (method !== "GET" && method !== "POST") throw new TypeError(`no ${method} is sent`);
    const text = body instanceof URLSearchParams || typeof body === "string" ? String(body) : null;
    const sent = { method, url, headers, timeoutMs: TIMEOUT_MS } as const;
    const answer = await http.send(text === null ? sent : { ...sent, body: text });
    if (answer.kind === "failure") throw new NoAnswer(answer.reason);
    const hasBody = answer.status !== 204 && answer.status !== 304;
    return new Response(hasBody ? answer.text : null, {
      status: answer.status,
      headers: answer.headers,
    });
  };
}

function pem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new NoAnswer(`cacert of oidc in regild.yml cannot be read: ${reason}`);
  }
}
