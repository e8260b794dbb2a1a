import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as z from "zod/mini";
import { $ZodError } from "zod/v4/core";
import type { Log } from "../shared/ports.ts";
import { TOO_LARGE } from "../shared/webhook/answer.ts";
import { MAX_BODY_BYTES } from "../shared/webhook/receive.ts";
import { bodyOf } from "./request-body.ts";
import { parametersIn, type Route } from "./routes.ts";
import { SCHEMA } from "./view/document.ts";
import { NotFound } from "./view/find-run.ts";
import { imagesPage, type PageRequest, runNamed, runsPage, statusOf } from "./view/queries.ts";
import type { Records } from "./view/read.ts";

export interface Address {
  host: string;
  /** 0 picks a free one. */
  port: number;
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

const pageSchema = z.object({
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1000)), 20),
  after: z._default(z.nullable(z.string()), null),
});

/** Senders have half a minute to send all of a request. */
const ARRIVES_WITHIN_MS = 30_000;

interface Site {
  records: Records;
  /** Asked first. */
  routes: readonly Route[];
  log: Log;
}

/**
 * What the commands show, for reading: GET only, nothing that is secret, and no way to start or stop anything. Beside it
 * the functions that answer requests, each of which knows itself whom to believe.
 * @throws the error of `listen`: the port is in use, the address is not this machine's.
 */
export async function serveHttp(
  site: Site,
  { host, port }: Address,
  arrivesWithinMs = ARRIVES_WITHIN_MS,
): Promise<{ url: string; close: () => Promise<void> }> {
  const limits = {
    requestTimeout: arrivesWithinMs,
    connectionsCheckingInterval: arrivesWithinMs / 4,
  };
  const server = createServer(limits, (request, response) => {
    void handle(site, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("no TCP address");
  const name = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  return {
    url: `http://${name}:${bound.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function handle(
  site: Site,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let answer: Answer;
  try {
    answer = await answerTo(site, request);
  } catch (error) {
    if (request.socket.destroyed) return;
    answer = answerToError(error);
    if (answer.status === 500) site.log.error("http", { path: request.url, error: String(error) });
  }
  response.writeHead(answer.status, {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...answer.headers,
  });
  response.end(request.method === "HEAD" ? undefined : answer.text);
}

async function answerTo({ records, routes }: Site, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const routed = await answerOfRoute(routes, url.pathname, request);
  if (routed !== null) return routed;
  if (!isOurName(request))
    return refusal(421, "wrong-host", "This is not the host it was asked for");
  if (request.method !== "GET" && request.method !== "HEAD") {
    return refusal(405, "read-only", "Only GET is answered");
  }
  const page = () => pageSchema.parse(Object.fromEntries(url.searchParams));
  if (url.pathname === "/healthz") return health(records);
  const body = await documentAt(records, url.pathname, url.searchParams.get("recipe"), page);
  if (body === null) return refusal(404, "not-found", "Nothing is here");
  return { status: 200, headers: {}, text: JSON.stringify(body) };
}

/** @returns null: the path is none of theirs. */
async function answerOfRoute(
  routes: readonly Route[],
  pathname: string,
  request: IncomingMessage,
): Promise<Answer | null> {
  for (const { method, path, answer } of routes) {
    const parameters = parametersIn(path, pathname);
    if (parameters === null) continue;
    if (request.method !== method) {
      return refusal(405, "wrong-method", `Only ${method} is answered here`);
    }
    const body = await bodyOf(request, MAX_BODY_BYTES);
    if (body === null) {
      const { status, headers, body: text } = TOO_LARGE;
      return { status, headers: { ...headers, connection: "close" }, text };
    }
    const { statusCode, headers, body: text } = await answer(parameters, request, body);
    return { status: statusCode, headers, text };
  }
  return null;
}

/** 503 if the host does not do its work any more: whoever runs it should start it again. */
async function health({ host }: Records): Promise<Answer> {
  const view = host === undefined ? null : await host();
  const ok = view === null || view.state === "running";
  const text = JSON.stringify({ schema: SCHEMA, ok, host: view });
  return { status: ok ? 200 : 503, headers: {}, text };
}

async function documentAt(
  records: Records,
  path: string,
  recipe: string | null,
  page: () => PageRequest,
): Promise<object | null> {
  const [, first, collection, name, ...more] = path.split("/").map(decodeURIComponent);
  if (first !== "v1" || more.length > 0) return null;
  if (collection === "status" && name === undefined) return statusOf(records);
  if (collection === "runs" && name === undefined) return runsPage(records, recipe, page());
  if (collection === "runs" && name !== undefined) return runNamed(records, name);
  if (collection === "images" && name !== undefined) return imagesPage(records, name, page());
  return null;
}

/**
 * A browser can be led to ask a loopback address under a name of the attacker's (DNS rebinding): there, by name
 * only localhost is answered. Other addresses were opened to others on purpose.
 */
function isOurName({ headers, socket }: IncomingMessage): boolean {
  const isLoopback = /^(::ffff:)?127\.|^::1$/.test(socket.localAddress ?? "");
  const name = (headers.host ?? "").replace(/:\d+$/, "");
  return (
    !isLoopback || name === "localhost" || /^[\d.]+$/.test(name) || /^\[[\da-f:.]+\]$/i.test(name)
  );
}

function answerToError(error: unknown): Answer {
  if (error instanceof NotFound) return refusal(404, "not-found", error.message, error.remedy);
  if (error instanceof URIError) return refusal(400, "wrong-path", "The path is not well encoded");
  if (error instanceof $ZodError) {
    return refusal(400, "wrong-query", "limit is 1 to 1000; after is the next of the page before");
  }
  return refusal(500, "internal-error", "Regild could not answer; its log says why");
}

function refusal(
  status: number,
  code: string,
  message: string,
  remedy: string | null = null,
): Answer {
  const error = { code, message, remedy, request_ids: [] };
  return { status, headers: {}, text: JSON.stringify({ schema: SCHEMA, error }) };
}
