import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, expect, it } from "vitest";
import { openHttps } from "../../shared/aws/https.ts";
import type { HttpRequest } from "../../shared/ports.ts";

const http = openHttps();
let server: Server | undefined;
afterEach(() => {
  http.close();
  server?.closeAllConnections();
  server?.close();
});

async function serve(
  answer: RequestListener,
): Promise<(fields?: Partial<HttpRequest>) => HttpRequest> {
  server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : null;
  const url = `http://127.0.0.1:${port}/`;
  return (fields) => ({ method: "POST", url, headers: {}, body: "{}", timeoutMs: 5000, ...fields });
}

it("answers with status, headers and text", async () => {
  const request = await serve((asked, answer) => {
    asked.setEncoding("utf8").on("data", (text: string) => {
      answer.writeHead(202, { "X-Amzn-RequestId": "1" });
      answer.end(`${asked.headers["x-own"]?.toString()} ${text} 日本`);
    });
  });
  expect(await http.send(request({ headers: { "x-own": "a" }, body: "ü" }))).toMatchObject({
    kind: "response",
    status: 202,
    headers: { "x-amzn-requestid": "1" },
    text: "a ü 日本",
  });
});

it("uses a connection again, unless a fresh one is asked for", async () => {
  const request = await serve((asked, answer) => {
    asked.resume();
    answer.end(String(asked.socket.remotePort));
  });
  const ports = [];
  for (const fresh of [false, false, true]) {
    const answer = await http.send(request({ fresh }));
    ports.push(answer.kind === "response" ? answer.text : "");
  }
  expect(ports[1]).toBe(ports[0]);
  expect(ports[2]).not.toBe(ports[0]);
});

it("what nobody listens to was provably not sent", async () => {
  const request = await serve(() => {});
  server?.close();
  expect(await http.send(request())).toMatchObject({
    kind: "failure",
    sent: false,
    reason: expect.stringContaining("ECONNREFUSED"),
  });
});

it("a silent service is a failure after the time-out, and so is one that breaks off", async () => {
  const silent = await serve(() => {});
  expect(await http.send(silent({ timeoutMs: 500 }))).toEqual({
    kind: "failure",
    sent: true,
    reason: "no answer within 0.5 s",
  });
  server?.closeAllConnections();
  const halting = await serve((_asked, answer) => void answer.write("half"));
  const half = halting({ timeoutMs: 500 });
  expect(await http.send(half)).toMatchObject({ kind: "failure", sent: true });
  server?.closeAllConnections();
  const breaking = await serve((asked, answer) => {
    answer.writeHead(200, { "content-length": "10" });
    answer.write("half", () => asked.socket.destroy());
  });
  expect(await http.send(breaking())).toMatchObject({ kind: "failure", sent: true });
});
