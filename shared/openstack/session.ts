import type { ApiCall } from "../cloud-ports.ts";
import type { Http, Timing } from "../ports.ts";
import { classify, unreadable, type Attempt } from "./classify.ts";
import type { CloudConfig } from "./config.ts";
import { CloudError } from "./errors.ts";
import { exchange, type Wire } from "./exchange.ts";
import { masked } from "./mask.ts";
import { readToken, signInBody, type Token } from "./identity.ts";
import type { VersionRange } from "./versions.ts";

/** A token is renewed so long before its end, or in the last tenth of a short life. */
const RENEW_BEFORE_MS = 5 * 60_000;

/** What one process knows of one cloud: shared by its regions and by all who open them. */
export class Session {
  readonly config: CloudConfig;
  readonly http: Http;
  readonly now: () => number;
  readonly timing: Timing;
  /** By endpoint; null: this one has no microversions. */
  readonly versions = new Map<string, VersionRange | null>();
  #token: Token | null = null;

  constructor(
    config: CloudConfig,
    { http, now, timing }: { http: Http; now: () => number; timing: Timing },
  ) {
    this.config = config;
    this.http = http;
    this.now = now;
    this.timing = timing;
  }

  /** The token kept, or a new one if it is about to end. */
  async token(seen: Wire["seen"]): Promise<Token> {
    const kept = this.#token;
    if (kept === null) return this.signIn(seen);
    const leftMs = kept.expiresAtMs - this.now();
    const renewBeforeMs = Math.min(RENEW_BEFORE_MS, (kept.lifeMs ?? Infinity) / 10);
    return leftMs > renewBeforeMs ? kept : this.signIn(seen);
  }

  /** After a 401, unless another call has already fetched a new one. */
  drop(refused: Token): void {
    if (this.#token === refused) this.#token = null;
  }

  /** A fresh token. Counts as a read: one too many is of no consequence, so it is sent again if unanswered. */
  async signIn(seen: Wire["seen"]): Promise<Token> {
    const { config } = this;
    const { answer, call } = await exchange(
      {
        service: "identity",
        effect: "read",
        method: "POST",
        url: `${config.authUrl}/auth/tokens`,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(signInBody(config.auth)),
        giveUpAtMs: this.now() + this.timing.callTimeoutMs,
      },
      { http: this.http, now: this.now, seen },
    );
    const attempt: Attempt = { operation: "sign-in", effect: "read", call };
    if (answer.kind === "response" && answer.status === 201) {
      const value = answer.headers["x-subject-token"];
      if (value === undefined) throw unreadable(attempt, "it has no header X-Subject-Token");
      const read = readToken(value, answer, this.now());
      if (read.kind === "none") throw unreadable(attempt, read.problem);
      if (read.kind === "no-project") throw withoutProject(config, read.problem, call);
      this.#token = read.token;
      return read.token;
    }
    // Keystone's 400 quotes the request, password included.
    const hidden =
      answer.kind === "failure" ? answer : { ...answer, text: masked(answer.text, config.auth) };
    const error = classify(attempt, hidden, this.now());
    throw answer.kind === "failure" ? error : explained(config, error);
  }
}

function withoutProject({ name }: CloudConfig, problem: string, call: ApiCall): CloudError {
  return new CloudError(
    `identity answered sign-in, but ${problem}. Cloud ${name}: check project_name or project_id, and the roles in it`,
    { kind: "refused", code: "configuration", call },
  );
}

/** Names the cloud and the fields to look at. Keystone gives one 401 for every wrong field (seen on Zed). */
function explained({ name, auth }: CloudConfig, error: CloudError): CloudError {
  const isPassword = auth.kind === "password";
  if (error.call?.status === 407) return error;
  // An unknown application credential is a 404 (seen on Zed); for a password it is the wrong URL.
  const isRefused = error.code === "sign-in-failed" || (error.code === "not-found" && !isPassword);
  if (!isRefused && error.code !== "not-found" && error.code !== "configuration") return error;
  const remedy = !isRefused
    ? "check auth_url: this is no Keystone v3"
    : isPassword
      ? "check username, password, project_name and the domains"
      : "check application_credential_id and its secret, and whether it has expired";
  return new CloudError(`${error.message}. Cloud ${name}: ${remedy}`, {
    kind: "refused",
    code: isRefused ? "sign-in-failed" : "configuration",
    call: error.call,
    cause: error,
  });
}
