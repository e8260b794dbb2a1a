import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { openTransport } from "../../local/transport.ts";
import { openHttps } from "../../shared/aws/https.ts";
import { MAX_ANSWER_BYTES } from "../../shared/bounds.ts";
import type { Http } from "../../shared/ports.ts";
import { readProxies } from "../../shared/lambda/proxies.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;
}

const tls = { ca: null, cert: null, key: null, verify: true };
const transports: Array<[string, () => Http]> = [
  ["one machine", () => openTransport({ tls, proxies: readProxies({}, null) })],
  ["Lambda", () => openHttps()],
];

describe.each(transports)("on %s", (_name, open) => {
  const ask = (url: string, timeoutMs = 20_000) =>
    open().send({ method: "GET", url, headers: {}, timeoutMs });

  test("an answer of a gigabyte is given up after so many bytes, and is not held", async () => {
    const chunk = Buffer.alloc(1024 * 1024, " ");
    let sent = 0;
    const url = await serve((_request, answer) => {
      const more = () => {
        while (sent < 1024 && !answer.destroyed) {
          sent += 1;
          if (!answer.write(chunk)) return void answer.once("drain", more);
        }
        answer.end();
      };
      answer.writeHead(200, { "content-type": "application/json" });
      more();
    });
    const before = process.memoryUsage().rss;
    const answer = await ask(url);
    expect(answer).toMatchObject({ kind: "failure", sent: true, tooLarge: true });
    expect(sent).toBeLessThan(100);
    expect(process.memoryUsage().rss - before).toBeLessThan(10 * MAX_ANSWER_BYTES);
  });

  test.each([
    ["a byte every 20 ms", 20],
    ["a byte every 200 ms", 200],
  ])("an answer that drips, %s, ends by its total time", async (_pace, gapMs) => {
    const url = await serve((_request, answer) => {
      answer.writeHead(200);
      const timer = setInterval(() => answer.write("x"), gapMs);
      answer.on("close", () => clearInterval(timer));
    });
    const began = Date.now();
    expect(await ask(url, 600)).toMatchObject({ kind: "failure", sent: true });
    expect(Date.now() - began).toBeLessThan(3_000);
  });

  test("headers without an end are given up", async () => {
    const url = await serve((request) => {
      const { socket } = request;
      socket.write("HTTP/1.1 200 OK\r\n");
      const timer = setInterval(() => socket.write(`x-more: ${"y".repeat(8_000)}\r\n`), 5);
      socket.on("error", () => {});
      socket.on("close", () => clearInterval(timer));
    });
    expect(await ask(url, 5_000)).toMatchObject({ kind: "failure" });
  });
});
