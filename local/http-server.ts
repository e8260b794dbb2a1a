import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Log } from "../shared/ports.ts";
import { type HttpAnswer, refusal, Refused } from "./http-answer.ts";
import { listenAt, type ListenAddress } from "./listen-address.ts";
import { requestTarget, type RequestTarget } from "./request-target.ts";
import { NotFound } from "./view/find-run.ts";

/** Longest time in which a sender must have sent the whole request. */
const ARRIVES_WITHIN_MS = 30_000;

/** The answers of one listener. */
export type Site = (target: RequestTarget, request: IncomingMessage) => Promise<HttpAnswer>;

/** Longest wait at the close for answers that are being sent. */
const CLOSES_WITHIN_MS = 2_000;
/**
 * Most connections. More are refused, because each needs memory and a file descriptor, as the data file and the
 * clouds do.
 */
export const MAX_CONNECTIONS = 256;

/** @throws the error of `listen`: the address is in use, or not one of this machine. */
export async function serveHttp(
  { site, log }: { site: Site; log: Log },
  address: ListenAddress,
  arrivesWithinMs = ARRIVES_WITHIN_MS,
): Promise<{ url: string; close: () => Promise<void> }> {
  const limits = {
    requestTimeout: arrivesWithinMs,
    connectionsCheckingInterval: arrivesWithinMs / 4,
  };
  const server = createServer(limits, (request, response) => {
    void handle(site, log, request, response);
  });
  server.maxConnections = MAX_CONNECTIONS;
  return {
    url: await listenAt(server, address),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), CLOSES_WITHIN_MS).unref();
      }),
  };
}

async function handle(
  site: Site,
  log: Log,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let answer: HttpAnswer;
  try {
    const target = requestTarget(request.url);
    answer = target === null ? WRONG_PATH : await site(target, request);
  } catch (error) {
    if (request.socket.destroyed) return;
    answer = answerToError(error);
    if (answer.status === 500) log.error("http", { path: request.url, error: String(error) });
  }
  response.writeHead(answer.status, {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...answer.headers,
  });
  if (answer.stream !== undefined && request.method !== "HEAD") answer.stream(response);
  else response.end(request.method === "HEAD" ? undefined : answer.text);
}

const WRONG_PATH = refusal(
  400,
  "wrong-path",
  "The path has a backslash, a dot segment, an empty segment or an encoding that is not needed, or is a whole URL",
  "Send the plain path, for example /v1/status",
);

function answerToError(error: unknown): HttpAnswer {
  if (error instanceof Refused) return error.answer;
  if (error instanceof NotFound) return refusal(404, "not-found", error.message, error.remedy);
  if (error instanceof URIError) return refusal(400, "wrong-path", "The path is not well encoded");
  return refusal(500, "internal-error", "Regild could not answer; its log says why");
}
