import { readFileSync } from "node:fs";
import { createServer, request as forward, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { openTransport, type TransportOptions } from "../../local/transport.ts";
import type { HttpRequest } from "../../shared/ports.ts";
import { readProxies } from "../../shared/lambda/proxies.ts";

// Self-signed for localhost, made for these tests alone.
const fixture = (name: string) =>
  readFileSync(join(import.meta.dirname, "fixtures", `localhost.${name}.pem`), "utf8");
const CERT = fixture("crt");
const KEY = fixture("key");

const tls = { ca: null, cert: null, key: null, verify: true };
const proxies = { always: null, http: null, https: null, all: null, noProxy: null };
const plain = () => openTransport({ tls, proxies });

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return portOf(server);
}

function portOf(server: Server): number {
  const address: string | AddressInfo | null = server.address();
  if (typeof address !== "object" || address === null) throw new Error("not listening");
  return address.port;
}

const serve = (listener: RequestListener) => listen(createServer(listener));

function get(url: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: "GET", url, headers: {}, timeoutMs: 5_000, ...more };
}

describe("an answer", () => {
  test("has its status, its headers in lower case and its text, whatever the status", async () => {
    const port = await serve((request, answer) => {
      answer.writeHead(409, { "X-OpenStack-Request-Id": "req-1", "set-cookie": ["a", "b"] });
      answer.end(`${request.method ?? ""} ä`);
    });
    expect(await plain().send(get(`http://127.0.0.1:${port}/x`))).toMatchObject({
      kind: "response",
      status: 409,
      headers: { "x-openstack-request-id": "req-1", "set-cookie": "a, b" },
      text: "GET ä",
    });
  });

  test("of a redirect is the redirect", async () => {
    const port = await serve((_request, answer) => answer.writeHead(302, { location: "/" }).end());
    const answer = await plain().send(get(`http://127.0.0.1:${port}/x`));
    expect(answer).toMatchObject({ status: 302, headers: { location: "/" } });
  });

  test("comes to a body and headers that arrived as they were sent", async () => {
    let seen = "";
    const port = await serve((request, answer) => {
      request.on("data", (chunk: Buffer) => {
        seen += `${request.headers["x-auth-token"]?.toString() ?? ""} ${chunk.toString()}`;
      });
      request.on("end", () => answer.end());
    });
    const body = { method: "PATCH" as const, body: '[{"ä":1}]', headers: { "x-auth-token": "t" } };
    await plain().send(get(`http://127.0.0.1:${port}/x`, body));
    expect(seen).toBe('t [{"ä":1}]');
  });
});

describe("connections", () => {
  test("are kept for the next request, unless it wants one of its own", async () => {
    const sockets = new Set<Socket>();
    const port = await serve((request, answer) => {
      sockets.add(request.socket);
      answer.end("ok");
    });
    const http = plain();
    const url = `http://127.0.0.1:${port}/`;
    for (let sent = 0; sent < 10; sent += 1) await http.send(get(url));
    // One that has only just answered may not be free yet.
    const kept = sockets.size;
    expect(kept).toBeLessThanOrEqual(2);
    for (let sent = 0; sent < 5; sent += 1) await http.send(get(url, { fresh: true }));
    expect(sockets.size).toBe(kept + 5);
  });
});

describe("never sent", () => {
  test("is what finds no name or no listener", async () => {
    const http = plain();
    const gone = createServer();
    const port = await listen(gone);
    await new Promise((resolve) => gone.close(resolve));
    for (const fresh of [false, true]) {
      expect(await http.send(get(`http://127.0.0.1:${port}/`, { fresh }))).toMatchObject({
        kind: "failure",
        sent: false,
        reason: expect.stringContaining("ECONNREFUSED"),
      });
    }
    expect(await http.send(get("http://no-such-host.invalid/"))).toMatchObject({ sent: false });
  });

  test("is what a certificate keeps from being sent", async () => {
    let requests = 0;
    const server = createTlsServer({ key: KEY, cert: CERT }, (_request, answer) => {
      requests += 1;
      answer.end();
    });
    const port = await listen(server);
    const answer = await plain().send(get(`https://localhost:${port}/`));
    expect(answer).toMatchObject({ kind: "failure", sent: false });
    expect(requests).toBe(0);
  });
});

describe("of unknown effect", () => {
  const cut: Array<[string, RequestListener]> = [
    ["is cut off before", (request) => request.socket.destroy()],
    [
      "is cut off within the answer",
      (_request, answer) => {
        answer.writeHead(200, { "content-length": "100" });
        answer.write("half", () => answer.socket?.destroy());
      },
    ],
  ];
  test.each(cut)("is what %s", async (_name, listener) => {
    const port = await serve(listener);
    const answer = await plain().send(get(`http://127.0.0.1:${port}/`, { method: "POST" }));
    expect(answer).toMatchObject({ kind: "failure", sent: true });
  });

  test.each<[string, RequestListener]>([
    ["no answer", () => undefined],
    ["half an answer", (_request, answer) => answer.writeHead(200).write("half")],
  ])("is what has had %s when its time is over", async (_name, listener) => {
    const port = await serve(listener);
    const answer = await plain().send(get(`http://127.0.0.1:${port}/`, { timeoutMs: 100 }));
    expect(answer).toMatchObject({ kind: "failure", sent: true });
  });
});

describe("TLS", () => {
  const reach = async (options: Partial<TransportOptions["tls"]>, server?: object) => {
    const port = await listen(
      createTlsServer({ key: KEY, cert: CERT, ...server }, (_request, answer) => answer.end("in")),
    );
    const http = openTransport({ tls: { ...tls, ...options }, proxies });
    return http.send(get(`https://localhost:${port}/`));
  };

  test("trusts a private CA, or anyone where verify is off", async () => {
    expect(await reach({ ca: CERT })).toMatchObject({ text: "in" });
    expect(await reach({ verify: false })).toMatchObject({ text: "in" });
  });

  test("shows the client's certificate", async () => {
    const demanding = { requestCert: true, rejectUnauthorized: true, ca: CERT };
    expect(await reach({ ca: CERT }, demanding)).toMatchObject({ kind: "failure" });
    expect(await reach({ ca: CERT, cert: CERT, key: KEY }, demanding)).toMatchObject({
      text: "in",
    });
  });
});

describe("a proxy", () => {
  /** Forwards plain requests and tunnels TLS. */
  async function proxy() {
    const seen: string[] = [];
    const server = createServer((request, answer) => {
      seen.push(request.url ?? "");
      forward(request.url ?? "", (upstream) => upstream.pipe(answer)).end();
    });
    server.on("connect", (request, socket) => {
      seen.push(request.url ?? "");
      const { hostname, port } = new URL(`http://${request.url ?? ""}`);
      const upstream = connect(Number(port), hostname, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        upstream.pipe(socket).pipe(upstream);
      });
    });
    return { url: `http://127.0.0.1:${await listen(server)}`, seen };
  }

  test("of the environment is used, but for NO_PROXY", async () => {
    const { url, seen } = await proxy();
    const port = await serve((_request, answer) => answer.end("in"));
    const http = openTransport({
      tls,
      proxies: readProxies({ http_proxy: url, https_proxy: url, no_proxy: "localhost" }, null),
    });
    expect(await http.send(get(`http://127.0.0.1:${port}/a`))).toMatchObject({ text: "in" });
    expect(seen).toHaveLength(1);
    expect(await http.send(get(`http://localhost:${port}/a`))).toMatchObject({ text: "in" });
    expect(seen).toHaveLength(1);
  });

  test("of one cloud is used always, with the private CA behind it", async () => {
    const { url, seen } = await proxy();
    const server = createTlsServer({ key: KEY, cert: CERT }, (_request, answer) =>
      answer.end("in"),
    );
    const port = await listen(server);
    const http = openTransport({ tls: { ...tls, ca: CERT }, proxies: readProxies({}, url) });
    for (const fresh of [false, true]) {
      expect(await http.send(get(`https://localhost:${port}/`, { fresh }))).toMatchObject({
        text: "in",
      });
    }
    expect(seen).toEqual([`localhost:${port}`, `localhost:${port}`]);
  });
});
