import { Agent as PlainAgent, request as plainRequest } from "node:http";
import { Agent, type AgentOptions, request as tlsRequest } from "node:https";
import type { CloudConfig } from "../openstack/config.ts";
import type { Http, HttpFailure, HttpRequest, HttpResponse } from "../ports.ts";

/** A page of 1,000 images is some megabytes. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

type Agents = Record<"kept" | "fresh", { plain: PlainAgent; tls: Agent }>;

/**
 * The way to one cloud: HTTP/1.1 over `node:https`, no redirects, no repeats. Not undici, as on one machine: bundled, it
 * alone is as large as all the rest, and what it is for there Node's own agents do as well.
 * @param config of which `cacert`, `cert` and `key` are PEM text.
 * @param env proxies of the network; `proxy` of the cloud goes before them.
 */
export function openCloudHttp({ tls, proxy }: CloudConfig, env: NodeJS.ProcessEnv): Http {
  const options: AgentOptions = {
    proxyEnv: proxy === null ? env : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy },
    rejectUnauthorized: tls.verify,
    ...(tls.cacert === null ? {} : { ca: tls.cacert }),
    ...(tls.cert === null ? {} : { cert: tls.cert, key: tls.key ?? tls.cert }),
  };
  const pair = (keepAlive: boolean) => ({
    plain: new PlainAgent({ ...options, keepAlive }),
    tls: new Agent({ ...options, keepAlive }),
  });
  const agents: Agents = { kept: pair(true), fresh: pair(false) };
  return { send: (request) => exchange(request, agents) };
}

function exchange(
  { method, url, headers, body, timeoutMs, fresh = false }: HttpRequest,
  agents: Agents,
): Promise<HttpResponse | HttpFailure> {
  return new Promise((resolve) => {
    const isPlain = url.startsWith("http:");
    const { plain, tls } = agents[fresh ? "fresh" : "kept"];
    let connected = false;
    const fail = (error: Error): void => {
      const isTimeout = error.name === "AbortError";
      const reason = isTimeout
        ? `no answer within ${Math.round(timeoutMs / 1000)} s`
        : reasonOf(error);
      resolve({ kind: "failure", sent: connected, reason });
    };
    const sent = (isPlain ? plainRequest : tlsRequest)(url, {
      method,
      headers,
      agent: isPlain ? plain : tls,
      signal: AbortSignal.timeout(timeoutMs),
    });
    sent.on("socket", (socket) => {
      // A kept connection is one that was made before; a listener on it would stay for good.
      if (!socket.connecting) connected = true;
      else socket.once(isPlain ? "connect" : "secureConnect", () => (connected = true));
    });
    sent.on("response", (answer) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      answer.on("data", (part: Buffer) => {
        parts.push(part);
        bytes += part.length;
        if (bytes > MAX_BODY_BYTES) {
          answer.destroy(new Error(`the answer is over ${MAX_BODY_BYTES} bytes`));
        }
      });
      answer.on("error", fail);
      answer.on("end", () => {
        const status = answer.statusCode ?? 0;
        const text = Buffer.concat(parts).toString("utf8");
        resolve({ kind: "response", status, headers: joined(answer.headers), text });
      });
    });
    sent.on("error", fail);
    sent.end(body);
  });
}

function joined(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const entries = Object.entries(headers).map(
    ([name, value]) => [name, [value].flat().join(", ")] as const,
  );
  return Object.fromEntries(entries);
}

/** Of several addresses tried, the first one's error speaks for all. */
function reasonOf(error: Error): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}
