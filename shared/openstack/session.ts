import type { Image, Server } from "../cloud-ports.ts";
import type { Http, Timing } from "../ports.ts";
import { maskedAnswer, withSignature } from "./access-key.ts";
import type { CloudConfig } from "./config.ts";
import { exchange, type Exchanged, type ServiceRequest, type Wire } from "./exchange.ts";
import type { Token } from "./identity.ts";
import { JustRead } from "./just-read.ts";
import { NamingImages } from "./naming-images.ts";
import { signIn } from "./sign-in.ts";
import type { VersionRange } from "./versions.ts";

/** A token is renewed so long before its end, or in the last tenth of a short life. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** A token of this age counts as a new one. */
const NEW_MS = 60_000;

/** What one process knows of one cloud: shared by its regions and by all who open them. */
export class Session {
  readonly config: CloudConfig;
  readonly http: Http;
  readonly now: () => number;
  readonly timing: Timing;
  /** By endpoint; null: this one has no microversions. */
  readonly versions = new Map<string, VersionRange | null>();
  readonly images = new JustRead<Image>();
  readonly naming = new NamingImages();
  readonly servers = new JustRead<Server>();
  #token: Token | null = null;
  #signedInAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    config: CloudConfig,
    { http, now, timing }: { http: Http; now: () => number; timing: Timing },
  ) {
    this.config = config;
    this.http = http;
    this.now = now;
    this.timing = timing;
  }

  get keptToken(): Token | null {
    return this.#token;
  }

  /** The token kept, or a new one if it is about to end. */
  async token(seen: Wire["seen"]): Promise<Token> {
    const kept = this.#token;
    if (kept === null) return this.signIn(seen);
    return this.#isAboutToEnd(kept) ? this.signIn(seen) : kept;
  }

  /** A token that was issued within the last minute. The services reuse the one of a create for the whole upload. */
  async newToken(seen: Wire["seen"]): Promise<Token> {
    const kept = this.#token;
    const ageMs = this.now() - this.#signedInAtMs;
    const isNew = kept !== null && ageMs >= 0 && ageMs < NEW_MS && !this.#isAboutToEnd(kept);
    return isNew ? kept : this.signIn(seen);
  }

  #isAboutToEnd({ expiresAtMs, lifeMs }: Token): boolean {
    const renewBeforeMs = Math.min(RENEW_BEFORE_MS, (lifeMs ?? Infinity) / 10);
    return expiresAtMs - this.now() <= renewBeforeMs;
  }

  /** After a 401, unless another call has already fetched a new one. */
  drop(refused: Token): void {
    if (this.#token !== refused) return;
    this.#token = null;
    this.#signedInAtMs = Number.NEGATIVE_INFINITY;
  }

  /** A fresh token. With an access key: its project and the catalog, asked for again. */
  async signIn(seen: Wire["seen"]): Promise<Token> {
    const atMs = this.now();
    const token = await signIn(this.config, this.#wire(seen), this.timing);
    this.#token = token;
    this.#signedInAtMs = atMs;
    return token;
  }

  /** Sends a call with the token, or signed with the access key. */
  async send(request: ServiceRequest, token: Token, seen: Wire["seen"]): Promise<Exchanged> {
    const { auth } = this.config;
    if (auth.kind !== "access-key") {
      const headers = { "x-auth-token": token.value ?? "", ...request.headers };
      return exchange({ ...request, headers }, this.#wire(seen));
    }
    const headers = { ...request.headers, "x-project-id": token.projectId };
    const signed = withSignature({ ...request, headers }, auth, this.now());
    const { answer, call } = await exchange(signed, this.#wire(seen));
    return { answer: maskedAnswer(answer, auth), call };
  }

  #wire(seen: Wire["seen"]): Wire {
    return { http: this.http, now: this.now, seen };
  }
}
