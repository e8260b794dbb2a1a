import type { IncomingMessage } from "node:http";
import type { OidcSettings } from "../../shared/settings/oidc.ts";
import type { Log } from "../../shared/ports.ts";
import type { Sessions } from "../access/session.ts";
import { pathIn } from "../access/sign-in.ts";
import type { HttpAnswer } from "../http-answer.ts";
import { isHttps } from "../access/origin.ts";
import { html } from "../page/html.ts";
import { page } from "../page/layout.ts";
import { type Attempt, type AttemptKeeping, Attempts, OIDC_PATH } from "./attempt.ts";
import { AGAIN, failureOf, SignInFailed } from "./failure.ts";
import { KeptProvider, type ProviderAccess } from "./kept-provider.ts";
import type { People } from "./people.ts";
import { type Claims, grantsOf, personName } from "./person.ts";

/** So many codes are traded at once. */
const MOST_EXCHANGES = 8;
const LARGEST_CLAIMS = 64 * 1024;

export interface OidcDeps {
  /** Those in force. Null: nobody signs in at a provider. */
  settings: () => Promise<OidcSettings | null>;
  people: People;
  sessions: Sessions;
  attempts: AttemptKeeping;
  access: ProviderAccess;
  now: () => number;
  log: Log;
}

/** The sign-in of people at an OpenID provider: authorization code with PKCE. Source: OpenID Connect Core 1.0, section 3.1. */
export class OidcSignIn {
  private readonly deps: OidcDeps;
  private readonly attempts: Attempts;
  private readonly provider: KeptProvider;
  private exchanges = 0;

  constructor(deps: OidcDeps) {
    this.deps = deps;
    this.attempts = new Attempts(deps.attempts, deps.now);
    this.provider = new KeptProvider(deps.access, deps.now);
  }

  /** The link on the sign-in page. Null: there is no provider. */
  async link(next: string): Promise<{ name: string; href: string } | null> {
    const settings = await this.deps.settings();
    if (settings === null) return null;
    const { issuer, name = new URL(issuer).host, public_url: url } = settings;
    // Under the public address, or the browser would come back without the cookie.
    const href = `${new URL(url).origin}${OIDC_PATH}?next=${encodeURIComponent(next)}`;
    return { name, href };
  }

  /** @returns null: the path is none of this sign-in. */
  async answer(path: string, query: string, request: IncomingMessage): Promise<HttpAnswer | null> {
    const step = path === OIDC_PATH ? "begin" : path === `${OIDC_PATH}/callback` ? "finish" : null;
    if (step === null || request.method !== "GET") return null;
    const settings = await this.deps.settings();
    if (settings === null) return null;
    try {
      return await this[step](settings, query, request);
    } catch (error) {
      const failed = failureOf(error, new URL(settings.issuer).host);
      const { message, detail } = failed;
      this.deps.log.warn("sign-in failed", { issuer: settings.issuer, problem: message, detail });
      return failurePage(failed, (await this.link("/"))?.href ?? "/sign-in");
    }
  }

  private async begin(settings: OidcSettings, query: string): Promise<HttpAnswer> {
    const provider = await this.provider.of(settings);
    const next = pathIn(new URLSearchParams(query).get("next"));
    const isSecure = settings.public_url.startsWith("https:");
    const { attempt, cookie } = this.attempts.begin(provider.verifier(), next, isSecure);
    const address = await provider.addressFor(attempt);
    return { status: 303, headers: { location: address.href, "set-cookie": cookie }, text: "" };
  }

  private async finish(
    settings: OidcSettings,
    query: string,
    request: IncomingMessage,
  ): Promise<HttpAnswer> {
    const state = new URLSearchParams(query).get("state") ?? "";
    // First, so that the attempt is not used up, and loading the page again is enough.
    if (this.exchanges >= MOST_EXCHANGES) throw tooMany();
    const attempt = await this.attempts.take(request.headers.cookie, state);
    if (attempt === null) throw notBegunHere(settings);
    const claims = await this.exchange(settings, query, attempt);
    this.needGrant(settings, claims);
    const id = await this.deps.people.add(claims, settings);
    this.deps.log.info("signed in", { person: personName(claims), subject: claims["sub"] });
    const isSecure = isHttps(request) || settings.public_url.startsWith("https:");
    const cookie = this.deps.sessions.begin({ of: "person", id }, isSecure);
    return signedInPage(attempt.next, cookie);
  }

  private async exchange(settings: OidcSettings, query: string, attempt: Attempt): Promise<Claims> {
    this.exchanges++;
    try {
      const provider = await this.provider.of(settings);
      return await provider.claims(query, attempt);
    } finally {
      this.exchanges--;
    }
  }

  /** @throws SignInFailed: no rule gives this person a role. */
  private needGrant({ grants, ask }: OidcSettings, claims: Claims): void {
    const { length } = JSON.stringify(claims);
    if (length > LARGEST_CLAIMS) {
      const message = "The provider says more than 64 KiB of you";
      const remedy = "Ask its operator to send Regild fewer groups";
      throw new SignInFailed({ status: 403, message, remedy });
    }
    if (grantsOf(claims, grants).length > 0) return;
    const message = `You are ${personName(claims)}, and nobody gave you a role here`;
    const remedy = `Ask ${ask ?? "who operates Regild"} for one`;
    const detail = `subject ${String(claims["sub"])}, claims ${Object.keys(claims).join(", ")}`;
    throw new SignInFailed({ status: 403, message, remedy, detail });
  }
}

function tooMany(): SignInFailed {
  const remedy = "Load this page again in a few seconds";
  return new SignInFailed({ status: 503, message: "Too many sign-ins at once, try again", remedy });
}

function notBegunHere({ public_url: url }: OidcSettings): SignInFailed {
  const message =
    "This browser did not begin this sign-in, or more than ten minutes ago, or it was used already";
  const remedy = `${AGAIN}, at ${new URL(url).origin}`;
  return new SignInFailed({ status: 400, message, remedy });
}

/**
 * Goes on from a page of our own. A redirect would count as one of the provider's site, and the browser would not send the
 * `Strict` cookie of the session with it. Source: RFC 6265bis, section 5.2 and 8.8.
 */
function signedInPage(next: string, cookie: string): HttpAnswer {
  const body = html`<h1>You are signed in</h1>
    <p><a href="${next}">Go on</a></p>`;
  const shown = page({ title: "Signed in", body, refreshSeconds: null });
  const headers = { ...shown.headers, "set-cookie": cookie, refresh: `0; url=${next}` };
  return { ...shown, headers };
}

function failurePage({ status, message, remedy }: SignInFailed, again: string): HttpAnswer {
  const body = html`<h1>You are not signed in</h1>
    <p role="alert">${message}.</p>
    <p>${remedy}.</p>
    <p><a href="${again}">Sign in again</a> · <a href="/sign-in">Sign in with a token</a></p>`;
  return page({ title: "Not signed in", body, refreshSeconds: null }, undefined, status);
}
