import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer as createHttpServer, request as ask } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveHttp } from "../../local/http-server.ts";
import { requestTarget } from "../../local/request-target.ts";
import type { Route } from "../../local/routes.ts";
import { webhookSite } from "../../local/webhook-site.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { siteOf } from "../access/opened-site.ts";
import { NOW_MS, WEB } from "./records.ts";

const logged: string[] = [];
const line = (message: string) => void logged.push(message);
const log = { info: line, warn: line, error: line };
const store = new SqliteStore(openDatabase(":memory:"));
const records = { store, recipes: new Map([["web", WEB]]), now: () => NOW_MS };
const TAKES: Route = {
  method: "POST",
  path: "/webhooks/{sender}",
  answer: async () => ({ statusCode: 202, headers: {}, body: "{}" }),
};
const ANY = { host: "127.0.0.1", port: 0 };

type Served = Awaited<ReturnType<typeof serveHttp>>;
let reading: Served;
let webhooks: Served;
beforeAll(async () => {
  reading = await serveHttp({ site: siteOf(records), log }, ANY);
  webhooks = await serveHttp({ site: webhookSite([TAKES]), log }, ANY);
});
afterAll(async () => {
  await reading.close();
  await webhooks.close();
});

/** After that a client gives up. */
const PATIENCE_MS = 500;

/** The status of the first answer, and all of the text; 0 if the connection was closed without one. */
async function raw(url: string, bytes: string | Buffer): Promise<{ status: number; text: string }> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  socket.on("error", () => {});
  socket.write(bytes);
  const idle = setTimeout(() => socket.end(), PATIENCE_MS);
  await once(socket, "close");
  clearTimeout(idle);
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text };
}

const get = (target: string, method = "GET") =>
  `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;

const HOSTILE = [
  "/webhooks/..\\..\\v1\\status",
  "/webhooks\\..\\v1/status",
  "/webhooks/ci\\",
  "/webhooks/../v1/status",
  "/webhooks/./../v1/status",
  "/webhooks/..",
  "/webhooks/.",
  "/webhooks/%2e%2e/v1/status",
  "/webhooks/%2E./v1/status",
  "/webhooks/..%2fv1%2Fstatus",
  "/webhooks/..%5cv1%5Cstatus",
  "/webhooks/ci%00",
  "/webhooks/ci%0d%0a",
  "/webhooks/ci%7F",
  "//",
  "//v1/status",
  "//localhost/v1/status",
  "/v1//status",
  "/v1/status//",
  "http://localhost/v1/status",
  "https://attacker.example/webhooks/../v1/status",
  "HTTP://localhost/webhooks/ci",
  "*",
  "/v1/status#part",
  "/v1/runs?recipe=\\web",
];

describe.each(["reading", "webhooks"])("at the listener for %s", (which) => {
  it.each(HOSTILE)("%j is refused with 400, and logged by no line", async (target) => {
    const { url } = which === "reading" ? reading : webhooks;
    for (const method of ["GET", "POST"]) {
      const { status, text } = await raw(url, get(target, method));
      expect(status).toBe(400);
      expect(text).toContain('"code":"wrong-path"');
    }
    expect(logged).toEqual([]);
  });
});

it("a path without a slash is refused by Node itself", async () => {
  expect((await raw(reading.url, get("v1/status"))).status).toBe(400);
  expect(requestTarget("v1/status")).toBeNull();
});

it.each([
  ["/", "/", ""],
  ["/v1/status", "/v1/status", ""],
  ["/v1/runs/web-20261122-101010-abcdef?", "/v1/runs/web-20261122-101010-abcdef", ""],
  ["/v1/runs?recipe=a%2Fb&after=..//", "/v1/runs", "recipe=a%2Fb&after=..//"],
  ["/v1/images/..web", "/v1/images/..web", ""],
  ["/webhooks/a%20b/", "/webhooks/a%20b/", ""],
  ["/v1/runs?a=b?c=d", "/v1/runs", "a=b?c=d"],
])("%j is read as it is", (target, path, query) => {
  expect(requestTarget(target)).toEqual({ path, query });
});

describe("behind a proxy that passes on /webhooks/ only, by the bytes of the request", () => {
  it.each([
    "/webhooks/..\\..\\v1\\status",
    "/webhooks/../v1/status",
    "/webhooks/%2e%2e/v1/runs",
    "/webhooks/..%2fhealthz",
    "/webhooks/ci",
  ])("%s reads nothing, whichever listener the proxy is given", async (target) => {
    for (const { url } of [reading, webhooks]) {
      const upstream = new URL(url);
      const proxy = createHttpServer((request, response) => {
        const path = request.url ?? "";
        if (!path.startsWith("/webhooks/")) return void response.writeHead(404).end();
        ask({ host: "127.0.0.1", port: upstream.port, path, method: "GET" }, (answer) => {
          response.writeHead(answer.statusCode ?? 500);
          answer.pipe(response);
        }).end();
      });
      proxy.listen(0, "127.0.0.1");
      await once(proxy, "listening");
      const bound = proxy.address();
      const port = typeof bound === "object" ? bound?.port : 0;
      const { status, text } = await raw(`http://127.0.0.1:${port}`, get(target));
      expect([400, 404, 405]).toContain(status);
      expect(text).not.toMatch(/"recipes"|"runs"|"ok"/);
      proxy.close();
    }
  });
});

it("a webhook sent to the reading listener is told where to go", async () => {
  const { status, text } = await raw(reading.url, get("/webhooks/ci", "POST"));
  expect(status).toBe(404);
  expect(text).toContain("--listen-webhooks");
});

/** A process that listens on the socket in its first argument, and says so. */
const LISTENS = `require("net").createServer().listen(process.argv[1], () => console.log("listens"))`;

describe("a Unix socket", () => {
  it("answers readers, is its owner's alone, and is taken over from a killed process", async () => {
    const folder = mkdtempSync(join(tmpdir(), "regild-socket-"));
    const socket = join(folder, "http.sock");
    try {
      const first = await serveHttp(
        { site: siteOf(records, { listen: { socket } }), log },
        { socket },
      );
      expect(first.url).toBe(`unix:${socket}`);
      expect(statSync(socket).mode & 0o777).toBe(0o600);
      const again = serveHttp({ site: siteOf(records, { listen: { socket } }), log }, { socket });
      await expect(again).rejects.toThrow("EADDRINUSE");
      const status = await new Promise((resolve) => {
        ask({ socketPath: socket, path: "/v1/status" }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        }).end();
      });
      expect(status).toBe(200);
      await first.close();

      const killed = spawn(process.execPath, ["-e", LISTENS, socket]);
      await once(killed.stdout, "data");
      killed.kill("SIGKILL");
      await once(killed, "exit");
      expect(existsSync(socket)).toBe(true);
      const next = await serveHttp(
        { site: siteOf(records, { listen: { socket } }), log },
        { socket },
      );
      expect(next.url).toBe(`unix:${socket}`);
      await next.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

it("2,000 hostile requests: each is answered or closed, none with 500, and no line is logged", async () => {
  let seed = 11;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const pieces = [
    ...Array.from("/\\.%?#:@*;&= \t\0\x01\x7f\xff"),
    "..",
    "//",
    "%2e",
    "%2f",
    "%00",
    "v1",
    "webhooks",
    "ci",
    "status",
    "healthz",
    "http://x",
    "\r\n",
    "%E0%A4%A",
    "?limit=",
    "&after=",
    "recipe=__proto__",
    "constructor",
  ];
  const methods = ["GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE", "TRACE", "BREW", "", "get"];
  const headers = [
    "",
    "Host: localhost\r\n",
    "Content-Length: -1\r\n",
    "Content-Length: 5\r\n\r\n{",
    "Transfer-Encoding: chunked\r\n",
    `X: ${"x".repeat(20_000)}\r\n`,
    "Expect: 100-continue\r\n",
    "Connection: upgrade\r\nUpgrade: websocket\r\n",
    " folded: 1\r\n",
    "Host: a\r\nHost: b\r\n",
  ];
  const some = (list: readonly string[]) => list[random(list.length)] ?? "";
  const one = () => {
    const target = Array.from({ length: 1 + random(8) }, () => some(pieces)).join("");
    const lead = random(3) === 0 ? "" : "/";
    return Buffer.from(
      `${some(methods)} ${lead}${target} HTTP/1.${random(3)}\r\n${some(headers)}Connection: close\r\n\r\n`,
      "latin1",
    );
  };
  const before = logged.length;
  const statuses = new Map<number, number>();
  const urls = [reading.url, webhooks.url];
  for (let batch = 0; batch < 40; batch++) {
    const asked = Array.from({ length: 50 }, (_, index) => raw(urls[index % 2] ?? "", one()));
    for (const { status } of await Promise.all(asked)) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }
  expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([]);
  expect([...statuses.values()].reduce((sum, count) => sum + count, 0)).toBe(2000);
  expect(logged.length).toBe(before);
  expect((await raw(reading.url, get("/healthz"))).status).toBe(200);
}, 60_000);
