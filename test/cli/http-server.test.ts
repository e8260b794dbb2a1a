import { request, ServerResponse } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { MAX_CONNECTIONS, serveHttp } from "../../local/http-server.ts";
import { problemDocument } from "../../local/view/document.ts";
import { imagesDocument } from "../../local/view/images.ts";
import { runsDocument } from "../../local/view/run.ts";
import { statusDocument } from "../../local/view/status.ts";
import { runDocument } from "../../local/view/run-report.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { siteOf } from "../access/opened-site.ts";
import { NOW_MS, run, WEB } from "./records.ts";

const store = new SqliteStore(openDatabase(":memory:"));
const RUN = run();
const logged: string[] = [];
const log = {
  info: () => {},
  warn: () => {},
  error: (message: string, fields?: object) => logged.push(`${message} ${JSON.stringify(fields)}`),
};

let server: Awaited<ReturnType<typeof serveHttp>>;
beforeAll(async () => {
  const key = runKey(RUN.id);
  const rest = { sweepAtMs: NOW_MS, day: null, expiresAtMs: null };
  await store.commit({ key, writeId: "w", doc: JSON.stringify(RUN), ...rest }, 0);
  const records = { store, recipes: new Map([["web", WEB]]), now: () => NOW_MS };
  server = await serveHttp({ site: siteOf(records), log }, { host: "127.0.0.1", port: 0 });
});
afterAll(() => server.close());

async function get(path: string, options: RequestInit = {}) {
  const response = await fetch(`${server.url}${path}`, options);
  const text = await response.text();
  const body: unknown = text === "" ? null : JSON.parse(text);
  return { status: response.status, body };
}

it.each([
  ["/v1/status", statusDocument],
  ["/v1/runs?limit=5", runsDocument],
  ["/v1/runs?recipe=web", runsDocument],
  ["/v1/runs/web", runDocument],
  [`/v1/runs/${RUN.id}`, runDocument],
  ["/v1/images/web", imagesDocument],
])("answers %s with the document of the command", async (path, schema) => {
  const { status, body } = await get(path);
  expect(status).toBe(200);
  expect(() => schema.parse(body)).not.toThrow();
});

it("tells the length of an answer in bytes, and sends nothing after the headers to HEAD", async () => {
  const answer = await fetch(`${server.url}/v1/status`);
  const { byteLength } = await answer.arrayBuffer();
  expect(answer.headers.get("content-length")).toBe(String(byteLength));
  const head = await fetch(`${server.url}/healthz`, { method: "HEAD" });
  expect(head.status).toBe(200);
  expect(await head.text()).toBe("");
});

it("says that it is well", async () => {
  expect(await get("/healthz")).toMatchObject({ status: 200, body: { ok: true } });
});

describe("refuses", () => {
  it.each([
    ["a path that is not there", "/v2/status", {}, 404],
    ["more of a path than there is", "/v1/runs/web/x", {}, 404],
    ["an unknown run", "/v1/runs/nope", {}, 404],
    ["an unknown recipe", "/v1/images/nope", {}, 404],
    ["a limit that is none", "/v1/runs?limit=lots", {}, 400],
    ["a path that is not well encoded", "/v1/runs/%E0%A4%A", {}, 400],
    ["to start anything", "/v1/runs", { method: "POST" }, 405],
    ["to delete anything", `/v1/runs/${RUN.id}`, { method: "DELETE" }, 405],
  ])("%s", async (_rule, path, options, expected) => {
    const { status, body } = await get(path, options);
    expect(status).toBe(expected);
    expect(() => problemDocument.parse(body)).not.toThrow();
  });

  it("a name that a web page may have led a browser to", async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = { host: "attacker.example" };
      request(`${server.url}/v1/status`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
    expect(status).toBe(421);
  });
});

it("keeps what went wrong inside for the log", async () => {
  const db = openDatabase(":memory:");
  const records = {
    store: new SqliteStore(db),
    recipes: new Map([["web", WEB]]),
    now: () => NOW_MS,
  };
  db.close();
  const broken = await serveHttp({ site: siteOf(records), log }, { host: "127.0.0.1", port: 0 });
  const response = await fetch(`${broken.url}/v1/status`);
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("finalized");
  expect(logged.join("\n")).toContain("finalized");
  await broken.close();
});

it("refuses more connections than it can bear, and answers again once some have gone", async () => {
  let refused = 0;
  const clients = Array.from({ length: MAX_CONNECTIONS + 20 }, () =>
    connect(Number(new URL(server.url).port), "127.0.0.1")
      .on("error", () => {})
      .on("close", () => (refused += 1)),
  );
  await vi.waitFor(() => expect(refused).toBeGreaterThanOrEqual(20), { timeout: 30_000 });
  expect(refused).toBeLessThan(MAX_CONNECTIONS);
  for (const client of clients) client.destroy();
  await vi.waitFor(async () => expect((await get("/healthz")).status).toBe(200), {
    timeout: 10_000,
  });
}, 60_000);

it("sends an answer at the end of the turn of the event loop, so that the answers of a turn go out together", async () => {
  const order: string[] = [];
  const end = vi.spyOn(ServerResponse.prototype, "end").mockImplementation(function (
    this: ServerResponse,
  ) {
    order.push("sent");
    return this.destroy();
  });
  const site = async () => {
    setImmediate(() => order.push("the turn is over"));
    return { status: 200, headers: {}, text: "" };
  };
  const other = await serveHttp({ site, log }, { host: "127.0.0.1", port: 0 });
  await fetch(other.url).catch(() => null);
  end.mockRestore();
  await other.close();
  expect(order).toEqual(["the turn is over", "sent"]);
});
