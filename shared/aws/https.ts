import { Agent as PlainAgent, request as plainRequest } from "node:http";
import { Agent, type AgentOptions, request as tlsRequest } from "node:https";
import { MAX_ANSWER_BYTES } from "../bounds.ts";
import type { Http, HttpFailure, HttpRequest, HttpResponse } from "../ports.ts";
import { tlsFault } from "../tls-fault.ts";

type Agents = Record<"kept" | "fresh", { plain: PlainAgent; tls: Agent }>;

export interface HttpsOptions extends AgentOptions {
  /** The proxy for each URL, before `proxyEnv`; null: none. */
  proxyFor?: (url: string) => { url: string } | { problem: string } | null;
  /** Where the certificates are written down, for messages. Null: nowhere. Left out: the entry of a cloud. */
  entry?: string | null;
}

/**
 * HTTP/1.1 over `node:https`, no redirects, no repeats, one connection kept for each call at a time. Built-in `fetch` is
 * as small, but costs more to start: from process start to the first answer 3.3 times the CPU time of an empty process,
 * against 2.1 times here (medians of 15 alternating runs on Node 24.21), and most functions are started to make a few
 * calls.
 * @param options certificates and proxies of connections.
 */
export function openHttps({ proxyFor, entry, ...options }: HttpsOptions = {}): Http & {
  close(): void;
} {
  const ways = new Map<string | null, Agents>();
  const agentsFor = (proxy: string | null): Agents => {
    const agents = ways.get(proxy) ?? openAgents(options, proxy);
    ways.set(proxy, agents);
    return agents;
  };
  return {
    send: async (request) => {
      const proxy = proxyFor?.(request.url) ?? null;
      if (proxy !== null && "problem" in proxy) {
        return { kind: "failure", sent: false, permanent: true, reason: proxy.problem };
      }
      return exchange(request, agentsFor(proxy?.url ?? null), entry);
    },
    close: () => {
      for (const { plain, tls } of [...ways.values()].flatMap((agents) => Object.values(agents))) {
        plain.destroy();
        tls.destroy();
      }
    },
  };
}

function openAgents(options: AgentOptions, proxy: string | null): Agents {
  const proxied = proxy === null ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } };
  const pair = (keepAlive: boolean) => ({
    plain: new PlainAgent({ ...options, ...proxied, keepAlive }),
    tls: new Agent({ ...options, ...proxied, keepAlive }),
  });
  return { kept: pair(true), fresh: pair(false) };
}

function exchange(
  { method, url, headers, body, timeoutMs, fresh = false }: HttpRequest,
  agents: Agents,
  entry: string | null | undefined,
): Promise<HttpResponse | HttpFailure> {
  return new Promise((resolve) => {
    const isPlain = url.startsWith("http:");
    const { plain, tls } = agents[fresh ? "fresh" : "kept"];
    let connected = false;
    const fail = (error: Error): void => {
      const fault = tlsFault(error, url, entry);
      if (fault !== null) {
        resolve({ kind: "failure", sent: false, permanent: true, reason: fault });
        return;
      }
      const isTimeout = error.name === "AbortError";
      const reason = isTimeout
        ? `no answer within ${Math.round(timeoutMs / 100) / 10} s`
        : reasonOf(error);
      resolve({ kind: "failure", sent: connected, reason });
    };
    const request = (isPlain ? plainRequest : tlsRequest)(url, {
      method,
      headers,
      agent: isPlain ? plain : tls,
      signal: AbortSignal.timeout(timeoutMs),
    });
    request.on("socket", (socket) => {
      // A kept connection is one that was made before; a listener on it would stay for good.
      if (!socket.connecting) connected = true;
      else socket.once(isPlain ? "connect" : "secureConnect", () => (connected = true));
    });
    request.on("response", (answer) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      answer.on("data", (part: Buffer) => {
        bytes += part.length;
        if (bytes <= MAX_ANSWER_BYTES) return void parts.push(part);
        const reason = `the answer is over ${MAX_ANSWER_BYTES} bytes`;
        resolve({ kind: "failure", sent: true, reason, tooLarge: true });
        answer.destroy();
      });
      answer.on("error", fail);
      answer.on("end", () => {
        const status = answer.statusCode ?? 0;
        const text = Buffer.concat(parts).toString("utf8");
        resolve({ kind: "response", status, headers: joined(answer.headers), text });
      });
    });
    request.on("error", fail);
    request.end(body);
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
