import { readFileSync } from "node:fs";
import { createServer as createPlainServer, type Server } from "node:http";
import { createServer, type ServerOptions } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { openTransport, type TransportOptions } from "../../local/transport.ts";
import { openCloudHttp } from "../../shared/lambda/cloud-http.ts";
import type { Http } from "../../shared/ports.ts";
import { readProxies } from "../../shared/lambda/proxies.ts";
import { CONFIG, openFake, refusal } from "./fake-cloud.ts";

const pem = (name: string) =>
  readFileSync(join(import.meta.dirname, "fixtures", `${name}.pem`), "utf8");
const CA = pem("private-ca.crt");
const pair = (name: string) => ({ cert: pem(`${name}.crt`), key: pem(`${name}.key`) });

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("not listening");
  return address.port;
}

/** Tunnels to whatever it is asked for, on this machine. */
async function tunnel(): Promise<string> {
  const proxy = createPlainServer();
  proxy.on("connect", (request, socket) => {
    const upstream = connect(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  return `http://127.0.0.1:${await portOf(proxy)}`;
}

/** A cloud with one CA in its entry, or none, over each way to it: of one machine, through a proxy, of Lambda. */
function wayTo(way: string, ca: string | null, proxy: string): Http {
  const tls = { ca, cert: null, key: null, verify: true };
  const options = (own: string | null): TransportOptions => ({
    tls,
    proxies: readProxies({}, own),
  });
  if (way === "direct") return openTransport(options(null));
  if (way === "through a proxy") return openTransport(options(proxy));
  const config = { ...CONFIG, tls: { cacert: ca, cert: null, key: null, verify: true } };
  return openCloudHttp(config, {});
}

const answering = (options: ServerOptions) =>
  createServer(options, (_request, answer) => answer.end("in"));

const OLD: ServerOptions = {
  ...pair("signed"),
  minVersion: "TLSv1",
  maxVersion: "TLSv1.1",
  ciphers: "DEFAULT@SECLEVEL=0",
};

const FAULTS: Array<[string, () => Server, string | null, RegExp]> = [
  [
    "signed by a private CA",
    () => answering(pair("signed")),
    null,
    /signed by nobody known here\. Name its CA in the entry of this cloud: cacert: \/path\/ca\.pem/,
  ],
  [
    "with its private CA in the chain",
    () => answering({ ...pair("signed"), cert: pem("signed.crt") + CA }),
    null,
    /signed by nobody known here\. Name its CA .* cacert: /,
  ],
  ["self-signed", () => answering(pair("localhost")), null, /is self-signed\. .* cacert: /],
  ["signed by another CA", () => answering(pair("localhost")), CA, /is self-signed\. .* cacert: /],
  ["expired", () => answering(pair("expired")), CA, /has expired\. .* cacert: /],
  [
    "not valid yet",
    () => answering(pair("future")),
    CA,
    /not valid yet\. Check this machine's clock/,
  ],
  [
    "for another name",
    () => answering(pair("elsewhere")),
    CA,
    /is for another name \(DNS:cloud\.example, DNS:\*\.cloud\.example\)/,
  ],
  ["of an old TLS version", () => answering(OLD), CA, /no TLS version in common/],
  [
    "absent: plain HTTP",
    () => createPlainServer(),
    CA,
    /does not answer with TLS\. Check the port/,
  ],
];

describe.each(["direct", "through a proxy", "on Lambda"])("%s: a certificate", (way) => {
  test.each(FAULTS)("%s fails at once, with host and remedy", async (_, open, ca, said) => {
    const port = await portOf(open());
    const http = wayTo(way, ca, await tunnel());
    const url = `https://localhost:${port}/v3`;
    const answer = await http.send({ method: "GET", url, headers: {}, timeoutMs: 5_000 });
    expect(answer).toMatchObject({ kind: "failure", sent: false, permanent: true });
    if (answer.kind !== "failure") throw new Error("answered");
    expect(answer.reason).toMatch(said);
    expect(answer.reason).toContain(`localhost:${port}`);
    expect(answer.reason).not.toContain("Node");
  });

  test("signed by the CA in the entry is taken", async () => {
    const url = `https://localhost:${await portOf(answering(pair("signed")))}/`;
    const http = wayTo(way, CA, await tunnel());
    const answer = await http.send({ method: "GET", url, headers: {}, timeoutMs: 5_000 });
    expect(answer).toMatchObject({ text: "in" });
  });
});

test("of TLS 1.2 that wants the client's fails at once, with the fields for it", async () => {
  const demanding = {
    ...pair("signed"),
    requestCert: true,
    ca: CA,
    maxVersion: "TLSv1.2",
  } as const;
  const port = await portOf(answering({ ...demanding, rejectUnauthorized: true }));
  for (const way of ["direct", "on Lambda"]) {
    const url = `https://localhost:${port}/`;
    const http = wayTo(way, CA, "");
    const answer = await http.send({ method: "GET", url, headers: {}, timeoutMs: 5_000 });
    expect(answer).toMatchObject({
      permanent: true,
      reason: expect.stringContaining("cert: /path/"),
    });
  }
});

test("a sign-in that meets such a certificate is sent once, and is a matter of configuration", async () => {
  const port = await portOf(answering(pair("signed")));
  let sends = 0;
  const transport = wayTo("direct", null, "");
  const http: Http = {
    send: (request) => {
      sends += 1;
      return transport.send(request);
    },
  };
  const config = { authUrl: `https://localhost:${port}/v3` };
  const cloud = openFake(http, { config }, { nowMs: Date.now() }, []);
  const error = await refusal(cloud.authenticate());
  expect(error).toMatchObject({ kind: "refused", code: "configuration" });
  expect(error.message).toMatch(
    /^identity cannot be reached for sign-in: the certificate of localhost/,
  );
  expect(error.message).not.toContain("auth_url");
  expect(sends).toBe(1);
});

test("the roots of the system are used where the entry names no CA", async () => {
  const url = `https://localhost:${await portOf(answering(pair("signed")))}/`;
  const tls = { ca: null, cert: null, key: null, verify: true };
  let reads = 0;
  const roots = () => {
    reads += 1;
    return [CA];
  };
  const http = openTransport({ tls, roots, proxies: readProxies({}, null) });
  for (const fresh of [false, true, true]) {
    const request = { method: "GET", url, headers: {}, timeoutMs: 5_000, fresh } as const;
    expect(await http.send(request)).toMatchObject({ text: "in" });
  }
  expect(reads).toBe(1);
});
