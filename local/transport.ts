import {
  Agent,
  buildConnector,
  type Dispatcher,
  EnvHttpProxyAgent,
  ProxyAgent,
  request as undiciRequest,
} from "undici";
import type { Http, HttpFailure, HttpRequest, HttpResponse } from "../shared/ports.ts";

export interface TransportOptions {
  /** PEM texts. `ca`, when given, is the only one trusted. */
  tls: { ca: string | null; cert: string | null; key: string | null; verify: boolean };
  proxies: Proxies;
}

/** URLs. `always` is of one cloud; the others are `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. */
export interface Proxies {
  always: string | null;
  http: string | null;
  https: string | null;
  noProxy: string | null;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A page of 1,000 images is some megabytes. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** HTTP/1.1 over undici: no redirects, no repeats, connections kept but for `fresh` requests. */
export function openTransport(options: TransportOptions): Http {
  const kept = openDispatcher(options, { keepAliveTimeout: 20_000 });
  const fresh = openDispatcher(options, { pipelining: 0 });
  return { send: (request) => send(request, request.fresh === true ? fresh : kept) };
}

async function send(
  request: HttpRequest,
  dispatcher: Dispatcher,
): Promise<HttpResponse | HttpFailure> {
  try {
    const { method, url, headers, body, timeoutMs } = request;
    const answer = await undiciRequest(url, {
      method,
      headers,
      body: body ?? null,
      dispatcher,
      signal: AbortSignal.timeout(timeoutMs),
    });
    return {
      kind: "response",
      status: answer.statusCode,
      headers: lowerCased(answer.headers),
      text: await readText(answer.body),
    };
  } catch (error) {
    return failure(error, request.timeoutMs);
  }
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error(`the answer is over ${MAX_BODY_BYTES} bytes`);
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

function openDispatcher(
  { tls, proxies }: TransportOptions,
  keeping: { keepAliveTimeout?: number; pipelining?: number },
): Dispatcher {
  const trust = {
    rejectUnauthorized: tls.verify,
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.cert === null ? {} : { cert: tls.cert }),
    ...(tls.key === null ? {} : { key: tls.key }),
  };
  const direct = { ...keeping, allowH2: false, connect: tellingConnector(trust) };
  if (proxies.always !== null) {
    return new ProxyAgent({ ...keeping, allowH2: false, uri: proxies.always, requestTls: trust });
  }
  if (proxies.http === null && proxies.https === null) return new Agent(direct);
  return new EnvHttpProxyAgent({
    ...direct,
    requestTls: trust,
    httpProxy: proxies.http ?? "",
    httpsProxy: proxies.https ?? "",
    noProxy: proxies.noProxy ?? "",
  });
}

/** No connection, so nothing was sent. */
class ConnectError extends Error {}

/** What fails before the TLS handshake is done is told apart from what fails after. */
function tellingConnector(trust: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector({ ...trust, allowH2: false, timeout: CONNECT_TIMEOUT_MS });
  return (options, callback) => {
    connect(options, (...outcome) => {
      const [error] = outcome;
      if (error === null) callback(...outcome);
      else callback(new ConnectError(reasonOf(error), { cause: error }), null);
    });
  };
}

function failure(error: unknown, timeoutMs: number): HttpFailure {
  if (error instanceof ConnectError) {
    return { kind: "failure", sent: false, reason: error.message };
  }
  const isTimeout = error instanceof Error && error.name === "TimeoutError";
  const reason = isTimeout ? `no answer within ${Math.round(timeoutMs / 1000)} s` : reasonOf(error);
  return { kind: "failure", sent: true, reason };
}

/** Of several addresses tried, the first one's error speaks for all. */
function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(first instanceof Error)) return String(first);
  const code = "code" in first && typeof first.code === "string" ? `${first.code}: ` : "";
  return first.message.startsWith(code) ? first.message : `${code}${first.message}`;
}
