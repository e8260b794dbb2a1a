import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  randomPKCECodeVerifier,
} from "openid-client";
import { DEFAULT_SCOPES, type OidcSettings } from "../../shared/settings/oidc.ts";
import type { Http } from "../../shared/ports.ts";
import { type Attempt, OIDC_PATH } from "./attempt.ts";
import { failureOf, SignInFailed } from "./failure.ts";
import type { Claims } from "./person.ts";
import { providerFetch } from "./provider-fetch.ts";

// oxlint-disable-next-line typescript/no-deprecated -- marked so to stand out: the settings allow http on this machine alone
const plainHttp = allowInsecureRequests;

export function redirectUri({ public_url: url }: Pick<OidcSettings, "public_url">): string {
  return `${new URL(url).origin}${OIDC_PATH}/callback`;
}

/** An OpenID provider whose discovery document was read. */
export class Provider {
  private readonly config: Configuration;
  private readonly settings: OidcSettings;

  private constructor(config: Configuration, settings: OidcSettings) {
    this.config = config;
    this.settings = settings;
  }

  /** @param secret null: the client has none. @throws SignInFailed */
  static async open(settings: OidcSettings, secret: string | null, http: Http): Promise<Provider> {
    const { issuer, client_id: client } = settings;
    const { host, protocol } = new URL(issuer);
    const isPlain = protocol === "http:";
    try {
      const config = await discovery(new URL(issuer), client, undefined, authentication(secret), {
        [customFetch]: providerFetch(http),
        // Without it, openid-client trusts the ID token of the token endpoint for its TLS alone.
        execute: [enableNonRepudiationChecks, ...(isPlain ? [plainHttp] : [])],
      });
      needIssuer(config.serverMetadata().issuer, settings);
      return new Provider(config, settings);
    } catch (error) {
      const told = otherIssuer(error);
      if (told !== null) needIssuer(told, settings);
      throw failureOf(error, host);
    }
  }

  get metadata() {
    return this.config.serverMetadata();
  }

  verifier(): string {
    return randomPKCECodeVerifier();
  }

  /** The address that the browser goes to. */
  async addressFor({ state, nonce, verifier }: Attempt): Promise<URL> {
    return buildAuthorizationUrl(this.config, {
      redirect_uri: redirectUri(this.settings),
      scope: (this.settings.scopes ?? DEFAULT_SCOPES).join(" "),
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
    });
  }

  /**
   * Trades the code of the callback for what the provider says of the person. Many providers put groups into the answer of
   * the userinfo endpoint alone, so that one is asked too. The ID token wins, as it is signed.
   * @param query of the callback. @throws SignInFailed
   */
  async claims(query: string, { state, nonce, verifier }: Attempt): Promise<Claims> {
    try {
      const url = new URL(`${redirectUri(this.settings)}?${query}`);
      const tokens = await authorizationCodeGrant(this.config, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const own: Claims = { ...tokens.claims() };
      if (this.metadata.userinfo_endpoint === undefined) return own;
      const more = await fetchUserInfo(this.config, tokens.access_token, String(own["sub"]));
      return { ...more, ...own };
    } catch (error) {
      throw failureOf(error, new URL(this.settings.issuer).host);
    }
  }
}

/** The method that every provider has to know: basic, unless its document names others only. Source: RFC 8414, section 2. */
function authentication(secret: string | null) {
  if (secret === null) return None();
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)];
  return (...is: Parameters<typeof basic>) => {
    const known = is[0].token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    const isPostOnly =
      !known.includes("client_secret_basic") && known.includes("client_secret_post");
    return isPostOnly ? post(...is) : basic(...is);
  };
}

/** A provider with another name may be another provider, or that of any customer of a shared one. */
function needIssuer(told: string, { issuer }: OidcSettings): void {
  if (new URL(told).href === new URL(issuer).href) return;
  const message = `The provider calls itself ${told.slice(0, 200)}, and issuer of the setting oidc is ${issuer}`;
  const remedy = "If it is the right one, the operator of Regild writes its own name there";
  throw new SignInFailed({ status: 502, message, remedy });
}

/** The issuer that the document names, where openid-client refuses it. */
function otherIssuer(error: unknown): string | null {
  if (!(error instanceof Error) || typeof error.cause !== "object" || error.cause === null) {
    return null;
  }
  const body: unknown = Reflect.get(error.cause, "body");
  const told: unknown =
    typeof body === "object" && body !== null ? Reflect.get(body, "issuer") : null;
  return typeof told === "string" && URL.canParse(told) ? told : null;
}
