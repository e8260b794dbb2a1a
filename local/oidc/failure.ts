/** Why a sign-in at the provider failed, for the person at the browser. `detail` is for the log alone. */
export class SignInFailed extends Error {
  readonly status: number;
  readonly remedy: string;
  readonly detail: string | null;

  constructor(is: { status: number; message: string; remedy: string; detail?: string | null }) {
    super(is.message);
    this.name = "SignInFailed";
    this.status = is.status;
    this.remedy = is.remedy;
    this.detail = is.detail ?? null;
  }
}

/** No answer came from the provider. */
export class NoAnswer extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "NoAnswer";
  }
}

export const AGAIN = "Sign in again";
const OPERATOR = "Tell who operates Regild: regild doctor looks at the provider";

/**
 * Says in plain words what an error of openid-client means. No answer of the provider is quoted, since it may hold tokens.
 * @param provider its host.
 */
export function failureOf(error: unknown, provider: string): SignInFailed {
  if (error instanceof SignInFailed) return error;
  const chain = causesOf(error);
  const silent = chain.find((each) => each instanceof NoAnswer);
  if (silent !== undefined) {
    return trouble(`${provider} gives no answer: ${silent.message}`, null);
  }
  const [told] = chain.flatMap((each) => textOf(each, "error") ?? []);
  const code = chain.flatMap((each) => textOf(each, "code") ?? []).join(" ");
  const detail = chain.map(({ name, message }) => `${name}: ${message}`).join("; ");
  if (code.includes("AUTHORIZATION_RESPONSE")) return refusedBy(provider, told ?? "", detail);
  if (/RESPONSE_BODY|WWW_AUTHENTICATE/.test(code)) {
    return refusedCode(provider, told ?? "", chain, detail);
  }
  if (code.includes("TIMESTAMP")) {
    const message = `The ID token of ${provider} is not valid at this time: the clock of this machine or of the provider is wrong`;
    return trouble(message, detail);
  }
  if (code.includes("CLAIM_COMPARISON")) return wrongClaim(provider, chain, detail);
  if (code.includes("TIMEOUT")) return trouble(`${provider} gives no answer in time`, detail);
  if (code.includes("RESPONSE_IS_NOT_CONFORM")) {
    const status = chain.flatMap((each) => statusIn(each) ?? [])[0];
    return trouble(`${provider} answers with HTTP ${status ?? "of another kind"}`, detail);
  }
  return trouble(`Regild cannot use the answer of ${provider}: ${lastMessage(chain)}`, detail);
}

/** @param told the value of `error`. Source: RFC 6749, section 4.1.2.1; OpenID Connect Core, section 3.1.2.6. */
function refusedBy(provider: string, told: string, detail: string): SignInFailed {
  const code = harmless(told);
  if (code === "access_denied") {
    const message = `${provider} did not let you in (access_denied)`;
    const remedy = "You cancelled the sign-in, or your account may not use Regild there";
    return new SignInFailed({ status: 403, message, remedy, detail });
  }
  if (/^(login|interaction|consent|account_selection)_required$/.test(code)) {
    const message = `${provider} ended the sign-in before it was complete (${code})`;
    return new SignInFailed({ status: 403, message, remedy: AGAIN, detail });
  }
  if (/^(server_error|temporarily_unavailable)$/.test(code)) {
    return trouble(`${provider} has trouble of its own (${code})`, detail);
  }
  return trouble(`${provider} refuses the sign-in as it is set up (${code})`, detail);
}

/** The token endpoint or the userinfo endpoint refused. Source: RFC 6749, section 5.2. */
function refusedCode(
  provider: string,
  told: string,
  chain: readonly Error[],
  detail: string,
): SignInFailed {
  if (told === "invalid_grant") {
    const message = `${provider} does not accept the code: it was used already, or too long ago`;
    return new SignInFailed({ status: 400, message, remedy: AGAIN, detail });
  }
  const isClient = told === "invalid_client" || told === "unauthorized_client";
  if (isClient || (told === "" && chain.some((each) => statusIn(each) === 401))) {
    return trouble(`${provider} does not accept client_id or the client secret`, detail);
  }
  return trouble(`${provider} refuses what Regild asks (${harmless(told)})`, detail);
}

function wrongClaim(provider: string, chain: readonly Error[], detail: string): SignInFailed {
  const claim = chain.flatMap((each) => claimIn(each.cause) ?? [])[0] ?? "";
  if (claim === "nonce") {
    const message = `The answer of ${provider} belongs to another sign-in`;
    return new SignInFailed({ status: 400, message, remedy: AGAIN, detail });
  }
  const what = claim === "aud" || claim === "azp" ? "another client" : "another use";
  const message = `The ID token of ${provider} is for ${what}: its ${harmless(claim)} is wrong`;
  return trouble(message, detail);
}

function trouble(message: string, detail: string | null): SignInFailed {
  return new SignInFailed({ status: 502, message, remedy: OPERATOR, detail });
}

function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let each = error; each instanceof Error && chain.length < 10; each = each.cause) {
    chain.push(each);
  }
  return chain;
}

function lastMessage(chain: readonly Error[]): string {
  return (chain.at(-1)?.message ?? "it is none").slice(0, 200);
}

/** A code of the protocol, or nothing: anybody may write an address with another text in it. */
function harmless(code: string): string {
  return /^[a-z_]{1,60}$/i.test(code) ? code : "unknown";
}

function textOf(error: Error, key: "code" | "error"): string | null {
  const value: unknown = Reflect.get(error, key);
  return typeof value === "string" ? value : null;
}

function statusIn(error: Error): number | null {
  const own: unknown = Reflect.get(error, "status");
  if (typeof own === "number") return own;
  return error.cause instanceof Response ? error.cause.status : null;
}

function claimIn(cause: unknown): string | null {
  if (typeof cause !== "object" || cause === null) return null;
  const claim: unknown = Reflect.get(cause, "claim");
  return typeof claim === "string" ? claim : null;
}
