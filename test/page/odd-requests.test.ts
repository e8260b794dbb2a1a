import { afterAll, beforeAll, expect, it } from "vitest";
import { type Answered, openSite, type OpenedSite } from "../access/opened-site.ts";
import { stream } from "../simulation/random.ts";
import { PAYLOADS } from "./hostile-texts.ts";
import { elementsOf, runnable } from "./parsed.ts";

type Some<T> = readonly [T, ...T[]];
/** As an address and a form can hold them. */
const HOSTILE = PAYLOADS.map(([, text]) => encodeURIComponent(text.toWellFormed()));
const REQUESTS = 10_000;
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
  "clean-up",
  "apply",
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
  ...HOSTILE,
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
  ...HOSTILE.map((text) => `?find=${text}&recipe=${text}&image=${text}&next=${text}&after=${text}`),
];
const BODIES: Some<string> = [
  "",
  "{}",
  "csrf=x",
  "token=%00",
  "a=b&".repeat(2000),
  "\u0000\u0001",
  "csrf=%ff&input.__proto__=1&key=%0a",
  ...HOSTILE.map((text) => `csrf=${text}&token=${text}&next=${text}&reason=${text}&image=${text}`),
  ...PAYLOADS.map(([, text]) => JSON.stringify({ reason: text, inputs: { [text]: text } })),
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
let csrf: string;
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
  const { text: html } = await site.ask("GET", "/", { headers: { host: "localhost:1", cookie } });
  const field = elementsOf(html).find(({ attributes }) => attributes["name"] === "csrf");
  csrf = field?.attributes["value"] ?? "";
});
afterAll(() => site.close());

it(
  "get an answer that is no fault of the host, runs nothing, and does nothing",
  { timeout: 120_000 },
  async () => {
    const random = stream("odd requests");
    const one = <T>(list: Some<T>): T => list[Math.floor(random() * list.length)] ?? list[0];
    const statuses = new Map<number, number>();
    for (let index = 0; index < REQUESTS; index++) {
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
      expect(faultsOf(answer)).toEqual([]);
    }
    expect(faults).toEqual([]);
    expect(statuses.get(200)).toBeGreaterThan(20);
    expect((await site.store.range("R#web", "", 9)).items).toEqual([]);
  },
);

it("a hostile reason of somebody who may act is text on every page and in every document", async () => {
  const headers = { host: "localhost:1", origin: "http://localhost:1", cookie };
  for (const [, text] of PAYLOADS) {
    const send = async (what: string, fields: Record<string, string>) => {
      const body = new URLSearchParams({ csrf, ...fields }).toString();
      const form = { ...headers, "content-type": TYPES[0] };
      return (await site.ask("POST", `/recipes/web/${what}`, { headers: form, body })).status;
    };
    expect(await send("pause", { reason: text })).toBe(303);
    for (const path of ["/recipes/web", "/v1/status", "/v1/recipes/web"]) {
      const answer = await site.ask("GET", path, { headers });
      expect([path, answer.status, faultsOf(answer)]).toEqual([path, 200, []]);
      const [word = ""] = /[a-z]{3,}/i.exec(text) ?? [];
      expect(answer.text).toContain(word);
    }
    expect(await send("resume", {})).toBe(303);
  }
  expect(faults).toEqual([]);
});

/** What an answer would run in a browser, or steer a terminal with. */
function faultsOf({ headers, text }: Answered): string[] {
  const isHtml = headers["content-type"]?.startsWith("text/html") ?? false;
  const steering = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
  const steered = text.replaceAll("\n", "").match(isHtml ? steering : /\p{Cc}/gu) ?? [];
  return [...(isHtml ? runnable(text) : []), ...steered.map((char) => JSON.stringify(char))];
}
