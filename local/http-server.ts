import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Log } from "../shared/ports.ts";
import { listenAt, type ListenAddress } from "./listen-address.ts";
import { endOfTurn } from "./end-of-turn.ts";
import { type Site, siteAnswer } from "./site-answer.ts";

/** Longest time in which a sender must have sent the whole request. */
const ARRIVES_WITHIN_MS = 30_000;

/** Longest wait at the close for answers that are being sent. */
const CLOSES_WITHIN_MS = 2_000;
/**
 * Most connections. More are refused, because each needs memory and a file descriptor, as the data file and the
 * clouds do.
 */
export const MAX_CONNECTIONS = 256;

/** Longest text, in characters, that goes out in one string with the headers. */
const LONGEST_STRING = 4_096;

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
  const answer = await siteAnswer(site, log, request);
  // To wake the client costs more than the write itself. When answers go out together, a client that reads them all is awake
  // after the first one: of 200 commands at once, each took 15 microseconds less.
  await endOfTurn();
  if (request.socket.destroyed) return;
  const { status, headers, stream, text } = answer;
  if (request.method === "HEAD") return void response.writeHead(status, headers).end();
  if (stream !== undefined) return stream(response.writeHead(status, headers));
  // With the length known, Node sends headers and text at once. A short text costs least as a string. Encoded here, a page
  // of 260 KB is gone through only once.
  const body = text.length > LONGEST_STRING ? Buffer.from(text) : text;
  const length = text === "" ? {} : { "content-length": Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...length }).end(body);
}
