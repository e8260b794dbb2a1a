import { once } from "node:events";
import { request as ask } from "node:http";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveHttp } from "../../local/http-server.ts";
import { parametersIn } from "../../local/path-parameters.ts";
import type { Route } from "../../local/routes.ts";
import { webhookSite } from "../../local/webhook-site.ts";
import { apiEvent } from "../../local/api-event.ts";
import { problemDocument } from "../../local/view/document.ts";
import { MAX_BODY_BYTES } from "../../shared/webhook/receive.ts";
import { NOW_MS } from "./records.ts";

const logged: string[] = [];
const log = { info: () => {}, warn: () => {}, error: (message: string) => logged.push(message) };

/** Answers with the event that its function would be called with. */
const ECHO: Route = {
  method: "POST",
  path: "/webhooks/{sender}",
  answer: async (parameters, request, body) => {
    if (parameters["sender"] === "broken") throw new Error("hunter2");
    const event = apiEvent({ method: "POST", path: ECHO.path, parameters }, request, body, NOW_MS);
    return { statusCode: 202, headers: { "x-echo": "yes" }, body: JSON.stringify(event) };
  },
};

const address = { host: "127.0.0.1", port: 0 };
let server: Awaited<ReturnType<typeof serveHttp>>;
beforeAll(async () => {
  server = await serveHttp({ site: webhookSite([ECHO]), log }, address);
});
afterAll(() => server.close());

async function post(path: string, body: Uint8Array, headers: Record<string, string> = {}) {
  const answer = await fetch(`${server.url}${path}`, { method: "POST", headers, body });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

it("a function is called with what API Gateway would call it with", async () => {
  const bytes = Buffer.from([0x7b, 0x00, 0xff, 0x7d]);
  const { status, headers, text } = await post("/webhooks/ci?a=1&b=%20", bytes, {
    "Content-Type": "application/json",
    "User-Agent": "tests",
    "X-Hub-Signature-256": "sha256=00",
  });
  expect(status).toBe(202);
  expect(headers.get("x-echo")).toBe("yes");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(JSON.parse(text)).toEqual({
    version: "2.0",
    routeKey: "POST /webhooks/{sender}",
    rawPath: "/webhooks/ci",
    rawQueryString: "a=1&b=%20",
    headers: expect.objectContaining({
      "content-type": "application/json",
      "content-length": "4",
      host: server.url.replace("http://", ""),
      "x-hub-signature-256": "sha256=00",
    }),
    pathParameters: { sender: "ci" },
    requestContext: {
      accountId: "local",
      apiId: "local",
      domainName: server.url.replace("http://", ""),
      domainPrefix: "local",
      http: {
        method: "POST",
        path: "/webhooks/ci",
        protocol: "HTTP/1.1",
        sourceIp: "127.0.0.1",
        userAgent: "tests",
      },
      requestId: expect.any(String),
      routeKey: "POST /webhooks/{sender}",
      stage: "$default",
      time: "23/Nov/2026:09:34:00 +0000",
      timeEpoch: NOW_MS,
    },
    body: bytes.toString("base64"),
    isBase64Encoded: true,
  });
});

it.each([
  ["/webhooks/ci", { sender: "ci" }],
  ["/webhooks/a%2Fb", { sender: "a/b" }],
  ["/webhooks/", null],
  ["/webhooks", null],
  ["/webhooks/ci/x", null],
  ["/webhooks/ci/", null],
  ["/Webhooks/ci", null],
  ["/v1/status", null],
])("%s has as parameters %j", (pathname, parameters) => {
  expect(parametersIn("/webhooks/{sender}", pathname)).toEqual(parameters);
});

it("a route is reached by any host name: a proxy may pass on its own", async () => {
  const request = ask(`${server.url}/webhooks/ci`, {
    method: "POST",
    headers: { host: "hooks.example.org" },
  });
  request.end("{}");
  const status = await new Promise((resolve, reject) => {
    request.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("error", reject);
  });
  expect(status).toBe(202);
});

describe("refuses", () => {
  it.each([
    ["another method", "/webhooks/ci", "GET", 405, "wrong-method"],
    ["a path that is none", "/webhooks/ci/x", "POST", 404, "not-found"],
    ["to be read", "/v1/status", "GET", 404, "not-found"],
    ["to tell its health", "/healthz", "GET", 404, "not-found"],
    ["a name that is not well encoded", "/webhooks/%E0%A4%A", "POST", 400, "wrong-path"],
    ["to say what went wrong inside", "/webhooks/broken", "POST", 500, "internal-error"],
  ])("%s", async (_, path, method, status, code) => {
    const answer = await fetch(`${server.url}${path}`, { method });
    expect(answer.status).toBe(status);
    const text = await answer.text();
    expect(problemDocument.parse(JSON.parse(text)).error.code).toBe(code);
    expect(text).not.toContain("hunter2");
  });

  it("keeps that for the log", () => {
    expect(logged).toEqual(["http"]);
  });
});

describe("a body", () => {
  it("may be of a MiB", async () => {
    expect((await post("/webhooks/ci", Buffer.alloc(MAX_BODY_BYTES, "x"))).status).toBe(202);
  });

  it("that says it is longer is refused before it comes, and the connection is closed", async () => {
    const { socket, text } = open();
    socket.write(
      `POST /webhooks/ci HTTP/1.1\r\nHost: x\r\nContent-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n{`,
    );
    await once(socket, "close");
    expect(text()).toMatch(/^HTTP\/1\.1 413 [^]*\r\nconnection: close\r\n/i);
    expect(text()).toContain('"code":"too-large"');
  });

  it("that becomes longer is refused as soon as it is, and the connection is closed", async () => {
    const { socket, text } = open();
    const size = (MAX_BODY_BYTES + 1).toString(16);
    socket.write(`POST /webhooks/ci HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
    socket.write(`${size}\r\n`);
    socket.write(Buffer.alloc(MAX_BODY_BYTES + 1, "x"));
    await once(socket, "close");
    expect(text()).toMatch(/^HTTP\/1\.1 413 [^]*\r\nconnection: close\r\n/i);
  });

  it("that breaks off is nobody's trouble", async () => {
    const before = logged.length;
    const { socket } = open();
    socket.write("POST /webhooks/ci HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{");
    socket.end();
    await once(socket, "close");
    expect((await post("/webhooks/ci", Buffer.from("{}"))).status).toBe(202);
    expect(logged.length).toBe(before);
  });

  it("that does not arrive in its time is waited for no longer", async () => {
    const hasty = await serveHttp({ site: webhookSite([ECHO]), log }, address, 200);
    const { socket, text } = open(hasty.url);
    socket.write("POST /webhooks/ci HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{");
    await once(socket, "close");
    expect(text()).toMatch(/^HTTP\/1\.1 408 /);
    await hasty.close();
  });
});

function open(url = server.url): { socket: Socket; text: () => string } {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.on("error", () => {});
  return { socket, text: () => text };
}
