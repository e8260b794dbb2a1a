import type { ApiCall } from "../cloud-ports.ts";
import type { HttpFailure, HttpRequest, HttpResponse } from "../ports.ts";
import { readable, type Answer } from "./answer.ts";
import { chooseRegion, endpointOf, type Endpoint } from "./catalog.ts";
import { classify, unreadable, type Attempt, type Effect } from "./classify.ts";
import type { CatalogService } from "./config.ts";
import { discoverVersions } from "./discovery.ts";
import { CloudError, OutOfTimeError } from "./errors.ts";
import type { Exchanged } from "./exchange.ts";
import type { Token } from "./identity.ts";
import { refusedToken } from "./refused-token.ts";
import type { Session } from "./session.ts";
import { KNOWN, negotiate, versionText, type Version, type VersionRange } from "./versions.ts";

export interface ServiceCall {
  /** The API's own word for it; classify and messages use it. */
  operation: string;
  effect: Effect;
  method: HttpRequest["method"];
  /** Below the endpoint, each part made by `segment`: `/servers/ID/action`. */
  path: string;
  query?: Record<string, string>;
  /** For the microversion that is asked for. */
  body?: (version: Version | null) => unknown;
  contentType?: string;
}

/** What a call goes out with. */
export interface Opened {
  session: Session;
  token: Token;
  endpoint: Endpoint;
  seen: (call: ApiCall) => void;
}

/** A region by its name (null: of clouds.yaml, or the only one), or an endpoint of the catalog. */
export type At = string | null | { endpoint: Endpoint };

/** One service of one region: endpoint, token, microversion and the meaning of its errors. */
export class Service {
  readonly kind: CatalogService;
  readonly #session: Session;
  readonly #at: At;
  readonly #seen: (call: ApiCall) => void;
  readonly #untilMs: number;

  /** @param untilMs no call begins at this time or later. */
  constructor(
    session: Session,
    kind: CatalogService,
    at: At,
    seen: (call: ApiCall) => void,
    untilMs = Number.POSITIVE_INFINITY,
  ) {
    this.#session = session;
    this.kind = kind;
    this.#at = at;
    this.#seen = seen;
    this.#untilMs = untilMs;
  }

  /**
   * Signing in, finding the version and a repeat after a 401 all count against the one call time: a
   * create is answered or given up by then, or not sent, whatever had to be done first.
   * @throws CloudError
   */
  async send(call: ServiceCall): Promise<Answer> {
    const session = this.#session;
    this.#needTime(call.operation);
    const giveUpAtMs = session.now() + session.timing.callTimeoutMs;
    let token = await session.token(this.#seen);
    const version = await this.microversion();
    let sent = await this.#exchange(call, token, version, giveUpAtMs);
    if (isRefusedToken(sent.answer)) {
      session.drop(token);
      if (call.effect !== "once") {
        token = await session.token(this.#seen);
        sent = await this.#exchange(call, token, version, giveUpAtMs);
      }
    }
    const attempt: Attempt = { operation: call.operation, effect: call.effect, call: sent.call };
    if (isRefusedToken(sent.answer) && call.effect !== "once") {
      throw refusedToken(this.kind, attempt, token);
    }
    const { answer } = sent;
    if (answer.kind === "failure" || answer.status < 200 || answer.status >= 300) {
      throw classify(attempt, answer, session.now());
    }
    if (/^\s*</.test(answer.text)) throw unreadable(attempt, "a page of something in between");
    return readable(attempt, answer);
  }

  /** Signs in, for a call that is sent elsewhere. */
  async opened(operation: string): Promise<Opened> {
    this.#needTime(operation);
    const token = await this.#session.token(this.#seen);
    return { session: this.#session, token, endpoint: this.endpoint(token), seen: this.#seen };
  }

  /** What is asked for: the newest that the service and this adapter know; null: it has none. */
  async microversion(): Promise<Version | null> {
    if (this.kind === "image" || this.kind === "network" || this.kind === "cbr") return null;
    const range = await this.versions();
    return range === null ? null : negotiate(range, KNOWN[this.kind]);
  }

  /** Discovered once per process; null: there are none, or the service does not show them. */
  async versions(): Promise<VersionRange | null> {
    const session = this.#session;
    const token = await session.token(this.#seen);
    const endpoint = this.endpoint(token);
    const kept = session.versions.get(endpoint);
    if (kept !== undefined) return kept;
    const found = await discoverVersions(
      this.kind,
      endpoint,
      token,
      session.now() + session.timing.callTimeoutMs,
      { send: (request) => session.send(request, token, this.#seen), now: session.now },
    );
    session.versions.set(endpoint, found);
    return found;
  }

  now(): number {
    return this.#session.now();
  }

  /** Null: nobody has signed in yet. Makes no call. */
  place(): Endpoint | null {
    const token = this.#session.keptToken;
    return token === null ? null : this.endpoint(token);
  }

  endpoint(token: Token): Endpoint {
    const { config } = this.#session;
    if (typeof this.#at === "object" && this.#at !== null) return this.#at.endpoint;
    return endpointOf(config, token, this.kind, this.region(token));
  }

  region(token: Token): string {
    const region = typeof this.#at === "string" ? this.#at : null;
    return chooseRegion(this.#session.config, token.catalog, region);
  }

  async projectId(): Promise<string> {
    return (await this.#session.token(this.#seen)).projectId;
  }

  #needTime(operation: string): void {
    if (this.now() >= this.#untilMs) throw outOfTime(this.kind, operation);
  }

  #exchange(
    call: ServiceCall,
    token: Token,
    version: Version | null,
    giveUpAtMs: number,
  ): Promise<Exchanged> {
    const url = new URL(`${this.endpoint(token)}${call.path}`);
    url.search = new URLSearchParams(call.query).toString();
    return this.#session.send(
      {
        service: this.kind,
        effect: call.effect,
        method: call.method,
        url: url.href,
        headers: {
          ...versionHeaders(this.kind, version),
          ...(call.body === undefined
            ? {}
            : { "content-type": call.contentType ?? "application/json" }),
        },
        body: call.body === undefined ? null : JSON.stringify(call.body(version)),
        giveUpAtMs,
      },
      token,
      this.#seen,
    );
  }
}

/** Nothing was sent. One slow cloud must not hold a worker for longer. */
function outOfTime(service: CatalogService, operation: string): CloudError {
  const message = `${service}: ${operation} was not sent, because the calls before it took too long`;
  return new OutOfTimeError(message, { kind: "transient" });
}

/** Null instead of the service's 404. */
export async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof CloudError && error.code === "not-found") return null;
    throw error;
  }
}

/** A DELETE of what is gone already has reached its goal. */
export async function orGone(deleted: Promise<unknown>): Promise<void> {
  await orNull(deleted);
}

function isRefusedToken(answer: HttpResponse | HttpFailure): boolean {
  return answer.kind === "response" && answer.status === 401;
}

function versionHeaders(kind: CatalogService, version: Version | null): Record<string, string> {
  if (version === null) return {};
  const text = versionText(version);
  return {
    "openstack-api-version": `${kind} ${text}`,
    // Nova below 2.27 knows the older name only.
    ...(kind === "compute" ? { "x-openstack-nova-api-version": text } : {}),
  };
}
