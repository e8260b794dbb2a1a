import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isSameOrigin } from "../../local/access/origin.ts";
import { Sessions } from "../../local/access/session.ts";
import { HOUR_MS } from "../cli/records.ts";
import { openSite, type OpenedSite } from "./opened-site.ts";

const KEY = new Uint8Array(32).fill(7);
const FORM = "application/x-www-form-urlencoded";
const HOST = "regild.example.org";
const OWN = { host: HOST, origin: `https://${HOST}`, "x-forwarded-proto": "https" };

let site: OpenedSite;
let token: Awaited<ReturnType<OpenedSite["token"]>>;
beforeEach(async () => {
  site = await openSite({ signIn: "required", sessionKey: KEY });
  token = await site.token("run");
});
afterEach(() => site.close());

const signIn = (text: string, headers: Record<string, string> = OWN, more = "") =>
  site.ask("POST", "/sign-in", {
    headers: { ...headers, "content-type": FORM },
    body: `token=${encodeURIComponent(text)}${more}`,
  });
/** As a browser keeps it. */
const cookieOf = ({ headers }: { headers: Record<string, string> }) => ({
  cookie: headers["set-cookie"]?.split(";")[0] ?? "",
});
const csrfOf = (cookie: string) =>
  new Sessions(() => site.clock.nowMs, KEY).in(cookie)?.csrf ?? "no session";
const reads = async (headers: Record<string, string>) =>
  (await site.ask("GET", "/v1/status", { headers })).status;

describe("a sign-in", () => {
  it("by a token gives a cookie that scripts and other sites cannot use, without the token in it", async () => {
    const answer = await signIn(token.text);
    expect(answer.status).toBe(303);
    expect(answer.headers["location"]).toBe("/");
    const cookie = answer.headers["set-cookie"] ?? "";
    expect(cookie).toMatch(/; Path=\/; Max-Age=28800; HttpOnly; SameSite=Strict; Secure$/);
    expect(cookie).not.toContain(token.text.slice(7, 50));
    expect(await reads(cookieOf(answer))).toBe(200);
  });

  it("on plain HTTP has no Secure, or the browser would drop the cookie", async () => {
    const headers = { host: "localhost:1", origin: "http://localhost:1" };
    expect((await signIn(token.text, headers)).headers["set-cookie"]).toMatch(/SameSite=Strict$/);
  });

  it.each([
    ["a wrong token", () => signIn("regild_nope"), 401],
    ["no token", () => signIn(""), 401],
    [
      "a page of another host",
      () => signIn(token.text, { ...OWN, origin: "https://evil.example" }),
      403,
    ],
    ["a page without an origin", () => signIn(token.text, { ...OWN, origin: "null" }), 403],
    ["JSON", () => site.ask("POST", "/sign-in", { headers: OWN, body: "{}" }), 415],
    ["a large form", () => signIn("x".repeat(5000)), 413],
  ])("by %s is refused, without a cookie", async (_what, ask, status) => {
    const answer = await ask();
    expect([answer.status, answer.headers["set-cookie"]]).toEqual([status, undefined]);
  });

  it.each([
    ["/recipes/web", "/recipes/web"],
    ["//evil.example", "/"],
    ["https://evil.example", "/"],
    ["/\\evil.example", "/"],
    ["/a\r\nset-cookie: x=1", "/"],
  ])("goes on to %j only if that is a page of this host", async (next, location) => {
    const answer = await signIn(token.text, OWN, `&next=${encodeURIComponent(next)}`);
    expect(answer.headers["location"]).toBe(location);
  });

  it("ends after eight hours, with its token, by signing out, and when the host is started again", async () => {
    const { cookie } = cookieOf(await signIn(token.text));
    const headers = { ...OWN, "content-type": FORM, cookie };
    site.clock.nowMs += 8 * HOUR_MS - 1;
    expect(await reads({ cookie })).toBe(200);
    site.clock.nowMs += 1;
    expect(await reads({ cookie })).toBe(401);

    const again = cookieOf(await signIn(token.text));
    const body = `csrf=${csrfOf(again.cookie)}`;
    const out = await site.ask("POST", "/sign-out", { headers: { ...headers, ...again }, body });
    expect([out.status, out.headers["set-cookie"]]).toEqual([
      303,
      expect.stringMatching(/^regild_session=; .*Max-Age=0/),
    ]);
    expect(await reads(again)).toBe(401);

    const last = cookieOf(await signIn(token.text));
    const other = new Sessions(() => site.clock.nowMs);
    expect(other.in(last.cookie)).toBeNull();
    await site.revoke(token.id);
    expect(await reads(last)).toBe(401);
  });

  it("is of no use with one sign of its cookie changed or cut off", async () => {
    const { cookie } = cookieOf(await signIn(token.text));
    const sessions = new Sessions(() => site.clock.nowMs, KEY);
    expect(sessions.in(`theme=dark; ${cookie}; x=1`)).not.toBeNull();
    for (let at = "regild_session=".length; at < cookie.length - 1; at++) {
      const other = cookie[at] === "0" ? "1" : "0";
      expect(sessions.in(`${cookie.slice(0, at)}${other}${cookie.slice(at + 1)}`)).toBeNull();
      expect(sessions.in(cookie.slice(0, at))).toBeNull();
    }
  });

  it("of one token shows nothing of another's cookie: the cookie names the token it was made with", async () => {
    const { cookie } = cookieOf(await signIn(token.text));
    const admin = await site.token("admin");
    expect(await reads({ cookie: cookie.replace(token.id, admin.id) })).toBe(401);
  });
});

describe("an action by a sign-in", () => {
  const refresh = async (headers: Record<string, string>) =>
    (await site.ask("POST", "/v1/recipes/web/refresh", { headers })).status;

  it("needs an own page and the CSRF token of this sign-in", async () => {
    const { cookie } = cookieOf(await signIn(token.text));
    const other = cookieOf(await signIn(token.text));
    const csrf = csrfOf(cookie);
    expect(await refresh({ ...OWN, cookie, "x-csrf-token": csrf })).toBe(202);
    expect(await refresh({ ...OWN, cookie })).toBe(403);
    expect(await refresh({ ...OWN, cookie, "x-csrf-token": `${csrf}x` })).toBe(403);
    expect(await refresh({ ...OWN, cookie, "x-csrf-token": csrfOf(other.cookie) })).toBe(403);
    const wrong = [
      { origin: "https://evil.example" },
      { origin: `https://${HOST}.evil.example` },
      { origin: `https://${HOST}:8443` },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ];
    for (const each of wrong) {
      expect(await refresh({ ...OWN, cookie, "x-csrf-token": csrf, ...each })).toBe(403);
    }
    const { origin: _none, ...without } = OWN;
    expect(await refresh({ ...without, cookie, "x-csrf-token": csrf })).toBe(403);
  });

  it("is not done for a role that is too small", async () => {
    const reader = await site.token("read");
    const { cookie } = cookieOf(await signIn(reader.text));
    expect(await refresh({ ...OWN, cookie, "x-csrf-token": csrfOf(cookie) })).toBe(403);
  });
});

it.each([
  ["http://localhost:8321", "localhost:8321", true],
  ["https://regild.example.org", "regild.example.org", true],
  ["https://REGILD.example.org", "Regild.Example.org", true],
  ["file://regild.example.org", "regild.example.org", false],
  ["http://localhost", "localhost:8321", false],
  ["regild.example.org", "regild.example.org", false],
])("the origin %s of host %s: %s", (origin, host, expected) => {
  const headers = { origin, host };
  expect(isSameOrigin({ headers })).toBe(expected);
});

describe("the page", () => {
  const html = { accept: "text/html", host: HOST };

  it("leads who may not read it to the sign-in, which loads its own files, and back", async () => {
    const { status, headers } = await site.ask("GET", "/runs", { headers: html });
    expect([status, headers["location"]]).toEqual([303, "/sign-in?next=%2Fruns"]);
    const form = await site.ask("GET", headers["location"] ?? "", { headers: html });
    expect(form.status).toBe(200);
    expect(form.text).toContain('name="next" value="/runs"');
    const files = [...form.text.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path);
    expect(files.length).toBe(3);
    for (const path of files) expect((await site.ask("GET", path)).status).toBe(200);
    const signedIn = await signIn(token.text, OWN, "&next=%2Fruns");
    expect(signedIn.headers["location"]).toBe("/runs");
    const shown = await site.ask("GET", "/runs", { headers: { ...html, ...cookieOf(signedIn) } });
    expect(shown.status).toBe(200);
  });

  it("says in the form what was wrong, without the token", async () => {
    const { status, text } = await signIn("regild_secretsecret", { ...OWN, ...html });
    expect(status).toBe(401);
    expect(text).toContain("The token is unknown");
    expect(text).not.toContain("secretsecret");
  });

  it("escapes where to go on to", async () => {
    const path = `/sign-in?next=${encodeURIComponent('"><script>alert(1)</script>')}`;
    expect((await site.ask("GET", path)).text).not.toContain("<script>alert");
  });

  it("answers a program as the API does", async () => {
    const { status, headers } = await site.ask("GET", "/", { headers: { accept: "*/*" } });
    expect([status, headers["content-type"]]).toEqual([401, "application/problem+json"]);
  });
});
