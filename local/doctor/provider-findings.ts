import type { Http, HttpResponse } from "../../shared/ports.ts";
import type { OidcSettings } from "../../shared/settings/oidc.ts";
import { DEFAULT_SCOPES } from "../../shared/settings/oidc.ts";
import { type Finding, finding } from "../../shared/openstack/finding.ts";
import { clientSecret } from "../oidc/client-secret.ts";
import { failureOf } from "../oidc/failure.ts";
import type { Provider } from "../oidc/provider.ts";

type Env = Readonly<Record<string, string | undefined>>;

const AREA = "sign-in";
/** openid-client allows so much between the clocks. */
const TOLERANCE_MS = 30_000;

/** Looks at the OpenID provider of regild.yml by reading: its document, its keys, its clock. Nobody signs in. */
export async function providerFindings(
  settings: OidcSettings,
  { env, now, recipes }: { env: Env; now: () => number; recipes: readonly string[] },
): Promise<Finding[]> {
  const secret = clientSecret(settings, env);
  if ("problem" in secret) {
    return [
      finding("problem", AREA, secret.problem, "Correct it in regild.yml, or on this machine"),
    ];
  }
  const [{ Provider, redirectUri }, { providerHttp }] = await Promise.all([
    import("../oidc/provider.ts"),
    import("../oidc/provider-http.ts"),
  ]);
  try {
    const http = providerHttp(settings, env);
    const provider = await Provider.open(settings, secret.secret, http);
    const named = `${settings.issuer} answers, and is the issuer of oidc in regild.yml`;
    const redirect = `The client at the provider needs the redirect URI ${redirectUri(settings)}`;
    return [
      finding("ok", AREA, named),
      finding("unknown", AREA, "Only a sign-in shows whether the client is set up", redirect),
      ...(await keyFindings(provider, http, now)),
      ...requestFindings(provider, settings),
      ...grantFindings(settings, recipes),
    ];
  } catch (error) {
    const { message, detail } = failureOf(error, new URL(settings.issuer).host);
    return [
      finding("problem", AREA, message, detail === null ? CORRECT : `${CORRECT} (${detail})`),
    ];
  }
}

const CORRECT = "Correct oidc in regild.yml, or ask who operates the provider";

async function keyFindings(
  { metadata }: Provider,
  http: Http,
  now: () => number,
): Promise<Finding[]> {
  const url = metadata.jwks_uri;
  if (url === undefined)
    return [finding("problem", AREA, "The provider names no jwks_uri", CORRECT)];
  const answer = await http.send({ method: "GET", url, headers: {}, timeoutMs: 10_000 });
  if (answer.kind === "failure") {
    return [finding("problem", AREA, `No answer from ${url}: ${answer.reason}`, CORRECT)];
  }
  if (answer.status !== 200) {
    return [finding("problem", AREA, `${url} answers with HTTP ${answer.status}`, CORRECT)];
  }
  return [finding("ok", AREA, "Its signing keys can be read"), ...clockFindings(answer, now())];
}

function clockFindings({ headers }: HttpResponse, nowMs: number): Finding[] {
  const apartMs = Math.abs(Date.parse(headers["date"] ?? "") - nowMs);
  if (!(apartMs > TOLERANCE_MS)) return [];
  const message = `The clocks of this machine and the provider are ${Math.round(apartMs / 1000)} s apart`;
  return [
    finding("problem", AREA, message, "Set the clocks, by NTP: ID tokens are good for a time"),
  ];
}

function requestFindings({ metadata }: Provider, settings: OidcSettings): Finding[] {
  const found: Finding[] = [];
  const methods = metadata.code_challenge_methods_supported;
  if (methods === undefined || !methods.includes("S256")) {
    const message = "The provider does not say that it knows PKCE with S256";
    found.push(finding("unknown", AREA, message, "It has to ignore what it does not know"));
  }
  const scopes = settings.scopes ?? DEFAULT_SCOPES;
  const unlisted = scopes.filter((scope) => metadata.scopes_supported?.includes(scope) === false);
  if (unlisted.length > 0) {
    const message = `The provider does not list the scope ${unlisted.join(", ")}`;
    found.push(finding("unknown", AREA, message, "Compare oidc.scopes with the provider's client"));
  }
  return found;
}

function grantFindings({ grants }: OidcSettings, recipes: readonly string[]): Finding[] {
  const named = new Set(grants.flatMap((grant) => grant.recipes ?? []));
  const missing = [...named].filter((recipe) => !recipes.includes(recipe));
  if (missing.length === 0) return [];
  const message = `oidc.grants names recipes that recipes.yml does not have: ${missing.join(", ")}`;
  return [finding("problem", AREA, message, "Correct the names, or take them out")];
}
