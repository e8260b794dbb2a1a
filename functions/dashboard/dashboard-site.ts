import { createHmac, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { storedEndedSignIns } from "../../local/access/ended-sign-ins.ts";
import { Gate } from "../../local/access/gate.ts";
import { Sessions } from "../../local/access/session.ts";
import { apiSite } from "../../local/api/api-site.ts";
import { hostSite } from "../../local/host-site.ts";
import { type HttpAnswer, refusal } from "../../local/http-answer.ts";
import { OidcSignIn } from "../../local/oidc/oidc-sign-in.ts";
import { People } from "../../local/oidc/people.ts";
import { storedAttempts } from "../../local/oidc/stored-attempts.ts";
import { storedPeople } from "../../local/oidc/stored-people.ts";
import { pageGate } from "../../local/page/page-gate.ts";
import { pageSite } from "../../local/page/page-site.ts";
import type { ProviderAccess } from "../../local/oidc/kept-provider.ts";
import { type Site, siteAnswer } from "../../local/site-answer.ts";
import type { DashboardBackend } from "../../shared/lambda/backend.ts";

/**
 * Answers what `regild serve` answers, from the store of the stack. Nothing is read without a token, and pages ask again
 * and again: an answer of a function ends, so no events follow it.
 */
export function openDashboard(
  backend: DashboardBackend,
): (request: IncomingMessage) => Promise<HttpAnswer> {
  const { store, ids, now, log, recipes } = backend;
  const records = { store, recipes, now };
  // Remembers runs that have ended, so it outlives a change of the key.
  const pages = pageSite(records, null);
  const ended = storedEndedSignIns({ store, ids, now });
  const oidc = () =>
    backend.oidc().catch((error: unknown) => {
      log.error("nobody can sign in at the OpenID provider", { error: String(error) });
      return undefined;
    });
  const people = new People({ settings: oidc, kept: storedPeople({ store, ids }), now });
  const access: ProviderAccess = {
    secret: ({ client_secret: secret }) => ({ secret: secret ?? null }),
    http: async (settings) => backend.providerHttp(settings),
  };
  const atProvider = (key: Uint8Array, sessions: Sessions) =>
    new OidcSignIn({
      settings: async () => (await oidc()) ?? null,
      people,
      sessions,
      attempts: { key: keyOfAttempts(key), used: storedAttempts({ store, ids }) },
      access,
      now,
      log,
    });

  const siteFor = (key: Uint8Array | null): Site => {
    const sessions = new Sessions(now, key ?? randomBytes(32));
    const is = { listen: null, signIn: () => "required" as const, sessions, people, ended };
    const gate = new Gate(backend, is);
    const api = apiSite({ records, actions: backend }, gate);
    const on = { records, actions: backend, gate };
    const oidc = key === null ? {} : { oidc: atProvider(key, sessions) };
    const site = hostSite({ records, gate, api, pages: pageGate(pages, on, oidc) });
    return async (target, request) => {
      const isSignIn = request.method === "POST" && target.path === "/sign-in";
      return key === null && isSignIn ? NO_SIGN_IN : site(target, request);
    };
  };

  let current: { key: Uint8Array | null; site: Site } | undefined;
  return async (request) => {
    const key = await backend.sessionKey().catch((error: unknown) => {
      log.error("nobody can sign in to the page", { error: String(error) });
      return null;
    });
    if (current === undefined || current.key !== key) current = { key, site: siteFor(key) };
    return siteAnswer(current.site, log, request);
  };
}

/** Another one than that of sessions: the text of one cookie is never taken for that of the other. */
function keyOfAttempts(key: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update("attempts to sign in at the OpenID provider").digest();
}

const NO_SIGN_IN = refusal(
  503,
  "no-session-key",
  "Nobody can sign in here: the stack has no session key",
  "Store one, see docs/aws.md. Tokens in the header Authorization work without it",
);
