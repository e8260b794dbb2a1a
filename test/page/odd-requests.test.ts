import { afterAll, beforeAll, expect, it } from "vitest";
import { openSite, type OpenedSite } from "../access/opened-site.ts";
import { stream } from "../simulation/random.ts";
import { runnable } from "./parsed.ts";

type Some<T> = readonly [T, ...T[]];
const GOOD: Some<string> = [
  "/",
  "/recipes/web",
  "/recipes/web/refresh",
  "/recipes/web/pause",
  "/runs",
  "/sign-in",
  "/v1/status",
];
const METHODS: Some<string> = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"];
const PIECES: Some<string> = [
  "/",
  "runs",
  "recipes",
  "web",
  "refresh",
  "cancel",
  "rollback",
  "pause",
  "resume",
  "assets",
  "page.css",
  "v1",
  "status",
  "sign-in",
  "sign-out",
  "healthz",
  "metrics",
  "..",
  ".",
  "%2e%2e",
  "%00",
  "%0d%0aset-cookie:x=1",
  "%ff",
  "%",
  "%zz",
  "\\",
  "//evil.example",
  "%3Cscript%3Ealert(1)%3C/script%3E",
  "constructor",
  "__proto__",
  "web-20261123-093000-k3f9q2",
  "'",
  '"',
  ";",
  "a".repeat(300),
  "%F0%9F%98%80",
  "*",
  "@",
  "~",
];
const QUERIES: Some<string> = [
  "",
  "?",
  "?page=-1",
  "?page=1e9",
  "?page[]=1",
  "?find=%3Csvg/onload=alert(1)%3E",
  "?find=%00",
  "?find=%ff",
  "?after=%0a",
  "?after=__proto__",
  "?recipe=constructor",
  "?state=all&state=failed",
  "?state=x",
  "?image=%3Cscript%3E",
  "?next=//evil.example",
  "?next=javascript:alert(1)",
  `?find=${"x".repeat(3000)}`,
  "?a&b=c&&&=",
];
const BODIES: Some<string> = [
  "",
  "{}",
  "csrf=x",
  "token=%00",
  "a=b&".repeat(2000),
  "\u0000\u0001",
  "csrf=%ff&input.__proto__=1&key=%0a",
];
const TYPES: Some<string> = [
  "application/x-www-form-urlencoded",
  "application/json",
  "text/plain",
  "multipart/form-data; boundary=x",
  "",
];

let site: OpenedSite;
let cookie: string;
const faults: string[] = [];
beforeAll(async () => {
  const note = (message: string) => void faults.push(message);
  site = await openSite({ log: { info: () => {}, warn: () => {}, error: note } });
  const { text } = await site.token("admin");
  const headers = {
    host: "localhost:1",
    origin: "http://localhost:1",
    "content-type": TYPES[0],
  };
  const signedIn = await site.ask("POST", "/sign-in", { headers, body: `token=${text}` });
  cookie = signedIn.headers["set-cookie"]?.split(";")[0] ?? "";
});
afterAll(() => site.close());

it(
  "get an answer that is no fault of the host, runs nothing, and does nothing",
  { timeout: 120_000 },
  async () => {
    const random = stream("odd requests");
    const one = <T>(list: Some<T>): T => list[Math.floor(random() * list.length)] ?? list[0];
    const statuses = new Map<number, number>();
    for (let index = 0; index < 3000; index++) {
      const method = one(METHODS);
      const parts = Array.from({ length: 1 + Math.floor(random() * 4) }, () => one(PIECES));
      const path = `${random() < 0.2 ? one(GOOD) : `/${parts.join("/")}`}${one(QUERIES)}`;
      const headers = {
        "content-type": one(TYPES),
        accept: one(["text/html", "*/*", "application/json"]),
        ...(random() < 0.5
          ? { cookie }
          : { cookie: one(["regild_session=x", "regild_session=..", ";;;="]) }),
        ...(random() < 0.3
          ? { origin: one(["http://127.0.0.1", "null", "https://evil.example", "%"]) }
          : {}),
      };
      const body = method === "GET" || method === "HEAD" || method === "TRACE" ? "" : one(BODIES);
      const answer = await site.ask(method, path, { headers, body });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      expect([method, path, answer.status >= 500]).toEqual([method, path, false]);
      expect(answer.headers["x-content-type-options"]).toBe("nosniff");
      expect(answer.headers["location"] ?? "/").toMatch(/^\/(?!\/)/);
      const isHtml = answer.headers["content-type"]?.startsWith("text/html") ?? false;
      expect(isHtml ? runnable(answer.text) : []).toEqual([]);
    }
    expect(faults).toEqual([]);
    expect(statuses.get(200)).toBeGreaterThan(20);
    expect((await site.store.range("R#web", "", 9)).items).toEqual([]);
  },
);
