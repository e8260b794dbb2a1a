import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { Agent, buildConnector, type Dispatcher, ProxyAgent } from "undici";
import { contentOver, placeOf } from "./transport-content.ts";
import { MAX_ANSWER_BYTES } from "../shared/bounds.ts";
import type { Http, HttpFailure, HttpRequest, HttpResponse } from "../shared/ports.ts";
import { type Proxies, proxyFor, proxyUrl } from "../shared/lambda/proxies.ts";
import { tlsFault } from "../shared/tls-fault.ts";

export interface TransportOptions {
  /** PEM texts. If `ca` is given, no other CA is trusted. */
  tls: { ca: string | null; cert: string | null; key: string | null; verify: boolean };
  /** CAs to trust if `ca` is null. Read with the first TLS connection. Absent: Node's own. */
  roots?: () => string[];
  proxies: Proxies;
  /** Where `tls` is written down, for messages. Absent: the entry of a cloud. */
  entry?: string;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** HTTP/1.1 over undici. Follows no redirect and repeats no request. Keeps connections, except for `fresh` requests. */
export function openTransport(options: TransportOptions): Http {
  const trust = { cloud: trustOf(options), proxy: trustOfProxies(options) };
  const kept = openWays(trust, { keepAliveTimeout: 20_000 });
  const fresh = openWays(trust, { pipelining: 0 });
  const wayTo = (url: string, ways: typeof kept): Dispatcher | HttpFailure => {
    const proxy = proxyFor(url, options.proxies);
    const way = proxy === null ? { url: null } : proxyUrl(proxy);
    if (proxy !== null && "problem" in way) {
      const reason = `${proxy.name} ${way.problem}`;
      return { kind: "failure", sent: false, permanent: true, reason };
    }
    return ways("url" in way ? way.url : null);
  };
  return {
    send: async (request) => {
      const dispatcher = wayTo(request.url, request.fresh === true ? fresh : kept);
      return "kind" in dispatcher ? dispatcher : send(request, dispatcher, options.entry);
    },
    content: contentOver({
      way: (url) => wayTo(url, fresh),
      textOf: readText,
      headersOf: lowerCased,
      failure: (error, request) => failure(error, request, options.entry),
    }),
  };
}

async function send(
  request: HttpRequest,
  dispatcher: Dispatcher,
  entry: string | undefined,
): Promise<HttpResponse | HttpFailure> {
  try {
    const { method, url, headers, body, timeoutMs } = request;
    const answer = await dispatcher.request({
      ...placeOf(url),
      method,
      headers,
      body: body ?? null,
      signal: AbortSignal.timeout(timeoutMs),
    });
    return {
      kind: "response",
      status: answer.statusCode,
      headers: lowerCased(answer.headers),
      text: await readText(answer.body),
    };
  } catch (error) {
    return failure(error, request, entry);
  }
}

/** Leaving the loop closes the connection, so the rest is not read. */
async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new TooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function lowerCased(headers: Record<string, string | string[] | undefined>) {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name.toLowerCase(), [value].flat().join(", ")] as const],
  );
  return Object.fromEntries(entries);
}

type Trust = () => buildConnector.BuildOptions & { secureContext: SecureContext };

/** One context for all connections, because reading some hundred CAs takes longer than a handshake. */
function trustOf({ tls, roots }: Pick<TransportOptions, "tls" | "roots">): Trust {
  let secureContext: SecureContext | null = null;
  return () => {
    secureContext ??= createSecureContext({
      ...(tls.ca === null ? { ca: roots?.() } : { ca: tls.ca }),
      ...(tls.cert === null ? {} : { cert: tls.cert }),
      ...(tls.key === null ? {} : { key: tls.key }),
    });
    return { rejectUnauthorized: tls.verify, secureContext };
  };
}

/** A proxy with https:// of its own is trusted by the same CAs, and sees no client certificate. */
function trustOfProxies({ tls: { ca }, roots }: Pick<TransportOptions, "tls" | "roots">): Trust {
  const known = roots ?? (() => getCACertificates());
  const tls = { ca: null, cert: null, key: null, verify: true };
  const all = () => [...(ca === null ? [] : [ca]), ...known()];
  return trustOf({ tls, roots: all });
}

/** The dispatcher for each way, direct (null) or through a proxy, opened with its first request. */
function openWays(
  trust: { cloud: Trust; proxy: Trust },
  keeping: { keepAliveTimeout?: number; pipelining?: number },
): (proxy: string | null) => Dispatcher {
  const open = new Map<string | null, Dispatcher>();
  const options = { ...keeping, allowH2: false };
  return (proxy) => {
    const dispatcher =
      open.get(proxy) ??
      (proxy === null
        ? new Agent({ ...options, connect: tellingConnector(trust.cloud) })
        : new ProxyAgent({
            ...options,
            uri: proxy,
            connectTimeout: CONNECT_TIMEOUT_MS,
            requestTls: trust.cloud(),
            ...(proxy.startsWith("https:") ? { proxyTls: trust.proxy() } : {}),
          }));
    open.set(proxy, dispatcher);
    return dispatcher;
  };
}

class TooLarge extends Error {
  constructor() {
    super(`the answer is over ${MAX_ANSWER_BYTES} bytes`);
  }
}

/** There was no connection, so nothing was sent. */
class ConnectError extends Error {}

/** Tells errors before the end of the TLS handshake from later ones. */
function tellingConnector(trust: Trust): buildConnector.connector {
  const options = { allowH2: false, timeout: CONNECT_TIMEOUT_MS };
  const plain = buildConnector(options);
  let secure: buildConnector.connector | null = null;
  return (target, callback) => {
    const isSecure = target.protocol === "https:";
    if (isSecure) secure ??= buildConnector({ ...options, ...trust() });
    (secure !== null && isSecure ? secure : plain)(target, (...outcome) => {
      const [error] = outcome;
      if (error === null) callback(...outcome);
      else callback(new ConnectError(reasonOf(error), { cause: error }), null);
    });
  };
}

/** Error codes of a connection, also to a proxy, that was never made. */
const NEVER_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);
/** undici's message if a proxy opens no tunnel. */
const NO_TUNNEL = /^Proxy response \((\d+)\)|Proxy Authentication Required \((407)\)/;

function failure(
  error: unknown,
  { url, timeoutMs }: HttpRequest,
  entry: string | undefined,
): HttpFailure {
  const fault = tlsFault(error, url, entry);
  if (fault !== null) return { kind: "failure", sent: false, permanent: true, reason: fault };
  if (error instanceof ConnectError) {
    return { kind: "failure", sent: false, reason: error.message };
  }
  const refused = error instanceof Error ? NO_TUNNEL.exec(error.message) : null;
  if (refused !== null) return refusedByProxy(Number(refused[1] ?? refused[2]));
  if (error instanceof TooLarge) {
    return { kind: "failure", sent: true, reason: error.message, tooLarge: true };
  }
  const isTimeout = error instanceof Error && error.name === "TimeoutError";
  const reason = isTimeout ? `no answer within ${Math.round(timeoutMs / 1000)} s` : reasonOf(error);
  return { kind: "failure", sent: !NEVER_CONNECTED.has(codeOf(error)), reason };
}

function refusedByProxy(status: number): HttpFailure {
  const reason = `the proxy opened no connection to the cloud (${status})`;
  if (status !== 407 && status !== 403) return { kind: "failure", sent: false, reason };
  const remedy =
    status === 407
      ? "It wants a user and a password: http://USER:PASSWORD@HOST:PORT"
      : "It does not allow this host: name another proxy, or the host in NO_PROXY";
  return { kind: "failure", sent: false, permanent: true, reason: `${reason}. ${remedy}` };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "";
}

/** If several addresses failed, takes the first one's error. */
function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(first instanceof Error)) return String(first);
  const code = codeOf(first) === "" ? "" : `${codeOf(first)}: `;
  return first.message.startsWith(code) ? first.message : `${code}${first.message}`;
}
