import { createServer, request as forward, type Server } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { openTransport } from "../../local/transport.ts";
import { openCloudHttp } from "../../shared/lambda/cloud-http.ts";
import type { HttpRequest } from "../../shared/ports.ts";
import { readProxies } from "../../shared/lambda/proxies.ts";
import { CONFIG } from "./fake-cloud.ts";

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
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("not listening");
  return address.port;
}

const open = {
  "one machine": (env: Record<string, string>) =>
    openTransport({
      tls: { ca: null, cert: null, key: null, verify: true },
      proxies: readProxies(env, null),
    }),
  Lambda: (env: Record<string, string>) => openCloudHttp(CONFIG, env),
};

const get = (url: string): HttpRequest => ({ method: "GET", url, headers: {}, timeoutMs: 5_000 });

describe.each(["one machine", "Lambda"] as const)("on %s", (where) => {
  test("an address in a range of NO_PROXY is not asked of the proxy", async () => {
    const cloud = await listen(createServer((_, answer) => answer.end("direct")));
    const dead = "http://127.0.0.1:9";
    const url = `http://127.0.0.1:${cloud}/`;
    for (const no_proxy of ["localhost,127.0.0.0/8", "127.0.0.1", `127.0.0.1:${cloud}`]) {
      const http = open[where]({ http_proxy: dead, no_proxy });
      expect(await http.send(get(url))).toMatchObject({ text: "direct" });
    }
    const http = open[where]({ http_proxy: dead, no_proxy: "10.0.0.0/8" });
    expect(await http.send(get(url))).toMatchObject({ kind: "failure", sent: false });
  });

  test("a proxy without a scheme is http, and gets the user and password of its URL", async () => {
    const cloud = await listen(createServer((_, answer) => answer.end("behind")));
    const seen: unknown[] = [];
    const proxy = createServer((request, answer) => {
      seen.push(request.headers["proxy-authorization"]);
      forward(request.url ?? "", (behind) => behind.pipe(answer)).end();
    });
    const port = await listen(proxy);
    const url = `http://127.0.0.1:${cloud}/`;
    for (const HTTP_PROXY of [`127.0.0.1:${port}`, `us%40er:p%3Ass@127.0.0.1:${port}`]) {
      expect(await open[where]({ HTTP_PROXY }).send(get(url))).toMatchObject({ text: "behind" });
    }
    expect(seen).toEqual([undefined, `Basic ${Buffer.from("us@er:p:ss").toString("base64")}`]);
  });

  test("a variable that cannot be used is named, and only for a URL that would use it", async () => {
    const cloud = await listen(createServer((_, answer) => answer.end("direct")));
    for (const value of ["none", "socks5h://127.0.0.1:1080", "http://"]) {
      const http = open[where]({ HTTPS_PROXY: value });
      expect(await http.send(get(`http://127.0.0.1:${cloud}/`))).toMatchObject({ text: "direct" });
      expect(await http.send(get("https://cloud.example/"))).toMatchObject({
        kind: "failure",
        sent: false,
        permanent: true,
        reason: expect.stringMatching(/^HTTPS_PROXY /),
      });
    }
  });
});

describe("a proxy that opens no tunnel", () => {
  const refusing = async (status: number) => {
    const proxy = createServer();
    proxy.on("connect", (_, socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
    const http = open["one machine"]({ HTTPS_PROXY: `127.0.0.1:${await listen(proxy)}` });
    return http.send(get("https://cloud.example/"));
  };
  test.each([
    [407, "It wants a user and a password"],
    [403, "It does not allow this host"],
  ])("with %i does so until somebody changes a setting", async (status, said) => {
    expect(await refusing(status)).toMatchObject({
      sent: false,
      permanent: true,
      reason: expect.stringContaining(said),
    });
  });

  test.each([502, 503, 504])("with %i may open one later, and nothing was sent", async (status) => {
    const answer = await refusing(status);
    expect(answer).toMatchObject({ kind: "failure", sent: false });
    expect(answer).not.toHaveProperty("permanent");
  });
});
