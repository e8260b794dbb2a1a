import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod/mini";
import type { GatewayAnswer, GatewayRequest } from "./gateway.ts";

/** An HTTP API on a port of this machine, for what speaks HTTP. */
export async function serveGateway(
  ask: (request: GatewayRequest) => Promise<GatewayAnswer>,
): Promise<{ url: string } & Disposable> {
  const server = createServer((request, response) => {
    void (async () => {
      const answer = await ask({
        method: request.method ?? "GET",
        path: request.url ?? "/",
        headers: z.record(z.string(), z.string()).parse(request.headers),
        body: await text(request),
      });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("not listening");
  const url = `http://127.0.0.1:${address.port}`;
  return { url, [Symbol.dispose]: () => void server.close() };
}
