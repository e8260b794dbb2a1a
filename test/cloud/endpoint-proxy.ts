import { createServer, type IncomingMessage } from "node:http";
import { once } from "node:events";
import * as z from "zod";

/**
 * Stands before one service of the cloud and forwards every request as it is; but the first one whose body contains
 * `text` goes to `meet`, and is never answered.
 * @param meet `forward` sends the request on, and resolves once the service has answered it.
 * @returns the service's URL by way of the proxy, which closes with it.
 */
export async function proxyBefore(
  service: string,
  text: string,
  meet: (forward: () => Promise<void>) => Promise<void>,
): Promise<AsyncDisposable & { url: string }> {
  const { origin, pathname } = new URL(service);
  let met = false;
  const server = createServer((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      const forward = () =>
        fetch(`${origin}${request.url ?? ""}`, {
          method: request.method ?? "GET",
          headers: { ...headersOf(request), connection: "close" },
          ...(body === "" ? {} : { body }),
          redirect: "manual",
        });
      if (!met && body.includes(text)) {
        met = true;
        await meet(async () => {
          const answer = await forward();
          if (!answer.ok) throw new Error(`the proxied request was refused: ${answer.status}`);
        });
        response.destroy();
        return;
      }
      const answer = await forward();
      const headers = Object.fromEntries(answer.headers);
      delete headers["transfer-encoding"];
      response.writeHead(answer.status, headers).end(Buffer.from(await answer.arrayBuffer()));
    })();
  });
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

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const passed = Object.entries(request.headers).filter(
    ([name]) => !["host", "connection", "content-length"].includes(name),
  );
  return Object.fromEntries(passed.map(([name, value]) => [name, String(value)]));
}
