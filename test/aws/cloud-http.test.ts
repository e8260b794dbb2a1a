import { readFileSync } from "node:fs";
import { createServer, request as forward, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { openCloudHttp } from "../../shared/lambda/cloud-http.ts";
import { readClouds } from "../../shared/openstack/clouds-yaml.ts";
import type { CloudConfig } from "../../shared/openstack/config.ts";
import type { HttpRequest } from "../../shared/ports.ts";

// Self-signed for localhost, made for tests alone.
const pem = (name: string) =>
  readFileSync(new URL(`../openstack/fixtures/localhost.${name}.pem`, import.meta.url), "utf8");
const CERT = pem("crt");
const KEY = pem("key");

const servers: Array<Server | TcpServer> = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    if ("closeAllConnections" in server) server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server | TcpServer): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("not listening");
  return address.port;
}

function config(is: Partial<Omit<CloudConfig, "tls">> & { tls?: Partial<CloudConfig["tls"]> }) {
  const auth =
    "auth: { auth_url: http://k/v3, username: u, password: p, project_name: p, user_domain_name: d, project_domain_name: d }";
  const text = `clouds: { c: { ${auth} } }`;
  const found = readClouds({ clouds: { path: "c", text }, secure: null }, {}).clouds.get("c");
  if (found === undefined) throw new Error("the entry is wrong");
  return { ...found, ...is, tls: { ...found.tls, ...is.tls } };
}

const open = (is: Parameters<typeof config>[0] = {}, env: NodeJS.ProcessEnv = {}) =>
  openCloudHttp(config(is), env);

const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "GET",
  url,
  headers: {},
  timeoutMs: 5_000,
  ...more,
});

describe("the way to a cloud", () => {
  it("answers with status, headers in lower case and text, whatever the status", async () => {
    const port = await listen(
      createServer((request, answer) => {
        answer.writeHead(409, { "X-OpenStack-Request-Id": "req-1" });
        request.setEncoding("utf8").on("data", (body: string) => answer.write(`${body} ä`));
        request.on("end", () => answer.end());
      }),
    );
    const request = get(`http://127.0.0.1:${port}/x`, { method: "POST", body: "sent" });
    expect(await open().send(request)).toMatchObject({
      kind: "response",
      status: 409,
      headers: { "x-openstack-request-id": "req-1" },
      text: "sent ä",
    });
  });

  it("keeps its connection, but for requests that want one of their own", async () => {
    const ports: Array<number | undefined> = [];
    const port = await listen(
      createServer((request, answer) => {
        ports.push(request.socket.remotePort);
        answer.end();
      }),
    );
    const http = open();
    for (const fresh of [false, false, true, true]) {
      await http.send(get(`http://127.0.0.1:${port}/`, { fresh }));
    }
    expect(ports[1]).toBe(ports[0]);
    expect(new Set(ports).size).toBe(3);
  });

  it("tells what was never sent from what was not answered", async () => {
    const silent = await listen(createServer(() => {}));
    const closed = await listen(createTcpServer());
    servers.pop()?.close();
    const answers = [
      await open().send(get(`http://127.0.0.1:${closed}/`)),
      await open().send(get(`http://127.0.0.1:${silent}/`, { timeoutMs: 100 })),
      await open().send(get("http://no-such-host.invalid/")),
    ];
    expect(answers).toMatchObject([
      { kind: "failure", sent: false, reason: expect.stringContaining("ECONNREFUSED") },
      { kind: "failure", sent: true, reason: "no answer within 0.1 s" },
      { kind: "failure", sent: false },
    ]);
  });

  it("trusts the cloud's own CA when it is given, and no certificate that nobody vouches for", async () => {
    const port = await listen(
      createTlsServer({ cert: CERT, key: KEY }, (_, answer) => answer.end("hello")),
    );
    const request = get(`https://localhost:${port}/`);
    expect(await open({ tls: { cacert: CERT } }).send(request)).toMatchObject({ text: "hello" });
    expect(await open({ tls: { verify: false } }).send(request)).toMatchObject({ text: "hello" });
    expect(await open().send(request)).toMatchObject({ kind: "failure", sent: false });
  });

  it("shows its client certificate, whose key may stand in the same text", async () => {
    const port = await listen(
      createTlsServer({ cert: CERT, key: KEY, ca: CERT, requestCert: true }, (_, answer) => {
        answer.end("known");
      }),
    );
    const request = get(`https://localhost:${port}/`);
    for (const tls of [{ cert: CERT, key: KEY }, { cert: CERT + KEY }]) {
      expect(await open({ tls: { cacert: CERT, ...tls } }).send(request)).toMatchObject({
        text: "known",
      });
    }
    expect(await open({ tls: { cacert: CERT } }).send(request)).toMatchObject({
      kind: "failure",
    });
  });

  it("goes through the cloud's proxy, else that of the network, also for requests of their own", async () => {
    const asked: string[] = [];
    const target = await listen(
      createTlsServer({ cert: CERT, key: KEY }, (_, answer) => answer.end("behind")),
    );
    const proxy = createServer((request, answer) => {
      asked.push(request.url ?? "");
      forward(request.url ?? "", (behind) => behind.pipe(answer)).end();
    });
    proxy.on("connect", (request, socket) => {
      asked.push(request.url ?? "");
      const onward = connect(target, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        onward.pipe(socket).pipe(onward);
      });
    });
    const url = `http://127.0.0.1:${await listen(proxy)}`;
    const tls = { cacert: CERT };
    const request = get(`https://localhost:${target}/`, { fresh: true });
    expect(await open({ tls, proxy: url }).send(request)).toMatchObject({ text: "behind" });
    const network = open({ tls }, { HTTPS_PROXY: url });
    expect(await network.send({ ...request, fresh: false })).toMatchObject({ text: "behind" });
    expect(asked).toEqual([`localhost:${target}`, `localhost:${target}`]);
    expect(await open({ tls }).send(request)).toMatchObject({ text: "behind" });
    expect(asked).toHaveLength(2);
  });
});
