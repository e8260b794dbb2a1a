import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { storedEndedSignIns } from "../../local/access/ended-sign-ins.ts";
import { Gate } from "../../local/access/gate.ts";
import { Sessions } from "../../local/access/session.ts";
import { apiSite } from "../../local/api/api-site.ts";
import { hostSite } from "../../local/host-site.ts";
import { type HttpAnswer, refusal } from "../../local/http-answer.ts";
import { pageGate } from "../../local/page/page-gate.ts";
import { pageSite } from "../../local/page/page-site.ts";
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

  const siteFor = (key: Uint8Array | null): Site => {
    const sessions = new Sessions(now, key ?? randomBytes(32));
    const gate = new Gate(backend, { listen: null, signIn: () => "required", sessions, ended });
    const api = apiSite({ records, actions: backend }, gate);
    const on = { records, actions: backend, gate };
    const site = hostSite({ records, gate, api, pages: pageGate(pages, on) });
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

const NO_SIGN_IN = refusal(
  503,
  "no-session-key",
  "Nobody can sign in here: the stack has no session key",
  "Store one, see docs/aws.md. Tokens in the header Authorization work without it",
);
