import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { HttpRequest } from "../../shared/ports.ts";
import { listenAt } from "../listen-address.ts";
import type { SimulatedCloud } from "./cloud.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;

/**
 * The cloud behind a port, on loopback unless `host` says otherwise; its base URL becomes that of the port.
 * @param port 0 picks a free one.
 * @throws the error of `listen`: the address is in use, or not one of this machine.
 */
export async function serveCloud(
  cloud: SimulatedCloud,
  { port, host = "127.0.0.1" }: { port: number; host?: string },
): Promise<{ baseUrl: string; close: () => Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    void answer(cloud, incoming, outgoing);
  });
  const baseUrl = await listenAt(server, { host, port });
  cloud.world.baseUrl = baseUrl;
  return {
    baseUrl,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  cloud: SimulatedCloud,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const method = METHODS.find((known) => known === incoming.method);
  if (method === undefined) {
    outgoing.writeHead(405).end();
    return;
  }
  const request: HttpRequest = {
    method,
    url: `${cloud.world.baseUrl}${incoming.url ?? "/"}`,
    headers: oneValueEach(incoming),
    body: await bodyOf(incoming),
    timeoutMs: Number.POSITIVE_INFINITY,
  };
  const exchange = cloud.exchange(request);
  switch (exchange.kind) {
    case "answer": {
      const { status, headers, text } = exchange.response;
      const send = (): void => void outgoing.writeHead(status, headers).end(text);
      if (exchange.afterSeconds === 0) send();
      else setTimeout(send, exchange.afterSeconds * 1000).unref();
      return;
    }
    case "unreachable":
    case "reset":
      incoming.socket.destroy();
      return;
    case "silence":
      return;
  }
}

function oneValueEach(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) {
    if (chunk instanceof Buffer) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
