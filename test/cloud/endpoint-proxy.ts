import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as z from "zod/mini";

export interface ProxiedRequest {
  method: string;
  /** With its query. */
  path: string;
  body: string;
}

export interface ProxiedAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/**
 * Stands before one service of the cloud.
 * @param meet is given every request, and how to send it on. What it returns is the answer; null: none ever comes.
 * @returns the service's URL by way of the proxy, which closes with it.
 */
export async function proxyBefore(
  service: string,
  meet: (
    request: ProxiedRequest,
    forward: () => Promise<ProxiedAnswer>,
  ) => Promise<ProxiedAnswer | null>,
): Promise<AsyncDisposable & { url: string }> {
  const { origin, pathname } = new URL(service);
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    if (body === null) return;
    const { method = "GET", url: path = "" } = request;
    const forward = () => send(`${origin}${path}`, { method, headers: headersOf(request), body });
    const answer = await meet({ method, path, body }, forward);
    if (answer === null) response.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  };
  const server = createServer((request, response) => void pass(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}${pathname}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server.close(), "close");
      server.closeAllConnections();
      await closed;
    },
  };
}

async function send(
  url: string,
  { method, headers, body }: { method: string; headers: Record<string, string>; body: string },
): Promise<ProxiedAnswer> {
  const answer = await fetch(url, {
    method,
    headers: { ...headers, connection: "close" },
    ...(body === "" ? {} : { body }),
    redirect: "manual",
  });
  const answered = Object.fromEntries(answer.headers);
  delete answered["transfer-encoding"];
  return {
    status: answer.status,
    headers: answered,
    body: Buffer.from(await answer.arrayBuffer()),
  };
}

/** Null: its sender was killed before it was whole. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  let body = "";
  try {
    for await (const chunk of request) body += String(chunk);
  } catch {
    return null;
  }
  return body;
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const passed = Object.entries(request.headers).filter(
    ([name]) => !["host", "connection", "content-length"].includes(name),
  );
  return Object.fromEntries(passed.map(([name, value]) => [name, String(value)]));
}
