import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { denied, ANYBODY } from "../../shared/access/may.ts";
import { ROLES } from "../../shared/access/token.ts";
import { tokenText } from "../../shared/access/token-text.ts";
import { problemDocument } from "../../local/view/document.ts";
import { DAY_MS, recipe, WEB } from "../cli/records.ts";
import { bearer, EVERYWHERE, openSite, type OpenedSite } from "./opened-site.ts";

const DB = recipe("db", "server: db-golden");
let site: OpenedSite;
afterEach(() => site.close());

const status = async (path: string, headers: Record<string, string> = {}) =>
  (await site.ask("GET", path, { headers })).status;
const READS = ["/v1/status", "/v1/runs", "/v1/recipes/web", "/v1/openapi.json"];

describe("reading", () => {
  it("is open on loopback, by localhost or by an address", async () => {
    site = await openSite();
    for (const path of READS) {
      for (const host of ["localhost", `localhost:${site.port}`, "127.0.0.1", "[::1]:8321"]) {
        expect(await status(path, { host })).toBe(200);
      }
    }
  });

  it.each(["attacker.example", "localhost.attacker.example", "127.0.0.1.nip.io", "xlocalhost"])(
    "by the name %s, which a web page may have led a browser to, is refused",
    async (host) => {
      site = await openSite();
      for (const path of READS) expect(await status(path, { host })).toBe(421);
      const { text } = await site.token("read");
      expect(await status("/v1/status", { host, ...bearer(text) })).toBe(200);
    },
  );

  it.each([
    ["x-forwarded-for", "203.0.113.7"],
    ["x-forwarded-host", "regild.example.org"],
    ["forwarded", "for=203.0.113.7"],
    ["x-real-ip", "203.0.113.7"],
    ["via", "1.1 proxy"],
  ])("through a proxy that adds %s needs a token", async (name, value) => {
    site = await openSite();
    for (const path of READS) expect(await status(path, { [name]: value })).toBe(401);
    const { text } = await site.token("read");
    expect(await status("/v1/status", { [name]: value, ...bearer(text) })).toBe(200);
  });

  it("needs a token with sign_in: required", async () => {
    site = await openSite({ signIn: "required" });
    for (const path of [...READS, "/metrics"]) expect(await status(path)).toBe(401);
    const { text } = await site.token("read");
    for (const path of READS) expect(await status(path, bearer(text))).toBe(200);
  });

  it("needs a token where the host listens to others too, whoever asks", async () => {
    site = await openSite({ listen: EVERYWHERE });
    for (const path of READS) expect(await status(path)).toBe(401);
    const { text } = await site.token("read");
    for (const path of READS) expect(await status(path, bearer(text))).toBe(200);
  });

  it("of a path that is not there is refused like any other to who has no token", async () => {
    site = await openSite({ listen: EVERYWHERE });
    expect(await status("/v1/nothing")).toBe(401);
    expect(await status("/nothing")).toBe(401);
  });

  it("says without a token whether the host is alive, and no more", async () => {
    site = await openSite({ listen: EVERYWHERE });
    const { body } = await site.ask("GET", "/healthz");
    expect(body).toEqual({ schema: "regild/v1", ok: true, host: null });
  });
});

describe("a token", () => {
  it("that is wrong is refused where none is needed, too", async () => {
    site = await openSite();
    const { text } = await site.token("read");
    const wrong = [
      tokenText(randomBytes(32)),
      text.slice(0, -1),
      `${text}x`,
      text.toLowerCase(),
      "regild_",
      "",
    ];
    for (const each of wrong) {
      const answer = await site.ask("GET", "/v1/status", { headers: bearer(each) });
      expect(answer.status).toBe(401);
      expect(answer.headers["www-authenticate"]).toContain('error="invalid_token"');
    }
    for (const authorization of [`Basic ${text}`, text, `Bearer ${text} ${text}`, "Bearer"]) {
      expect(await status("/v1/status", { authorization })).toBe(401);
    }
  });

  it("gets one answer while it is unknown, whatever is wrong with it", async () => {
    site = await openSite();
    const texts = [tokenText(randomBytes(32)), "regild_short", "x", "a".repeat(4000)];
    const answers = await Promise.all(
      texts.map((each) => site.ask("GET", "/v1/status", { headers: bearer(each) })),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  it("that has expired or was revoked says so, and nothing else changes", async () => {
    site = await openSite();
    const short = await site.token("read", { lifeMs: DAY_MS });
    const other = await site.token("run");
    site.clock.nowMs += DAY_MS;
    await site.revoke(other.id);
    const code = async (text: string) => {
      const { body } = await site.ask("GET", "/v1/status", { headers: bearer(text) });
      return problemDocument.parse(body).error.code;
    };
    expect([await code(short.text), await code(other.text)]).toEqual([
      "token-expired",
      "token-revoked",
    ]);
  });

  it("is never in an answer or a line of the log", async () => {
    const lines: string[] = [];
    const line = (message: string, fields?: object) =>
      void lines.push(`${message} ${JSON.stringify(fields)}`);
    site = await openSite({ log: { info: line, warn: line, error: line } });
    const { text } = await site.token("run");
    const headers = bearer(text);
    const answers = [
      await site.ask("POST", "/v1/recipes/web/refresh", { headers }),
      await site.ask("POST", "/v1/recipes/web/rollback", { headers }),
      await site.ask("GET", `/v1/runs/${text}`, { headers }),
      await site.ask("GET", "/v1/status", { headers: bearer(`${text}x`) }),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([202, 403, 404, 401]);
    const said = answers.map((answer) => answer.text + JSON.stringify(answer.headers));
    said.splice(2, 1); // what was asked for is named there
    expect(lines.length).toBeGreaterThan(0);
    expect([...said, ...lines].join("\n")).not.toContain(text.slice(7, 50));
  });
});

/** The action of each row, and who may: without token, read, run, admin. */
const ACTIONS: Array<[string, string, string, number[]]> = [
  ["read", "GET", "/v1/recipes/web", [200, 200, 200, 200]],
  ["refresh", "POST", "/v1/recipes/web/refresh", [401, 403, 202, 202]],
  ["pause", "POST", "/v1/recipes/nope/pause", [401, 403, 404, 404]],
  ["resume", "POST", "/v1/recipes/nope/resume", [401, 403, 404, 404]],
  ["approve", "POST", "/v1/runs/nope/approve", [401, 403, 403, 404]],
  ["reject", "POST", "/v1/runs/nope/reject", [401, 403, 403, 404]],
  ["cancel", "POST", "/v1/runs/nope/cancel", [401, 403, 404, 404]],
  ["rollback", "POST", "/v1/recipes/web/rollback", [401, 403, 403, 404]],
  ["revoke", "POST", "/v1/images/nope/revoke", [401, 403, 403, 404]],
  ["pin", "POST", "/v1/images/nope/pin", [401, 403, 403, 404]],
  ["unpin", "POST", "/v1/images/nope/unpin", [401, 403, 403, 404]],
  ["clean up", "POST", "/v1/clean-up", [401, 403, 403, 409]],
  ["clean up", "POST", "/v1/clean-up/nope/apply", [401, 403, 403, 409]],
];

describe("an action", () => {
  it.each(ACTIONS)(
    "%s is done for the right roles alone",
    async (action, method, path, expected) => {
      site = await openSite();
      const body = ["pause", "reject", "revoke", "pin"].includes(action)
        ? '{"reason":"a key was in it"}'
        : "{}";
      const type = { "content-type": "application/json" };
      const tokens = [null, ...(await Promise.all(ROLES.map((role) => site.token(role))))];
      const answers = [];
      for (const token of tokens) {
        const headers = { ...type, ...(token === null ? {} : bearer(token.text)) };
        answers.push(await site.ask(method, path, { headers, ...(method === "POST" && { body }) }));
      }
      const refusals = answers.filter((answer) => answer.status >= 400);
      for (const { headers, body: problem } of refusals) {
        const { error } = problemDocument.parse(problem);
        expect(headers["content-type"]).toBe("application/problem+json");
        expect([action, error.remedy]).not.toEqual([action, null]);
      }
      const statuses = answers.map((answer) => answer.status);
      expect(statuses).toEqual(expected);
    },
  );

  it("that nobody listed, nobody may do", () => {
    for (const role of ROLES) {
      const known = { kind: "token" as const, id: "x", name: "x" };
      const asker = { known, grants: [{ role, recipes: null }] };
      // @ts-expect-error no such action
      expect(denied(asker, "delete-everything", null)).not.toBeNull();
    }
    // @ts-expect-error no such action
    expect(denied(ANYBODY, "constructor", null)).not.toBeNull();
  });
});

describe("a token of one recipe", () => {
  it("reads and does nothing of another, and does not learn that it exists", async () => {
    site = await openSite({ recipes: [WEB, DB] });
    const all = bearer((await site.token("admin")).text);
    const headers = bearer((await site.token("admin", { recipes: ["web"] })).text);
    const started = await site.ask("POST", "/v1/recipes/db/refresh", { headers: all });
    const location = started.headers["location"] ?? "";
    expect(started.status).toBe(202);
    for (const path of [
      "/v1/recipes/db",
      "/v1/recipes/db/images",
      "/v1/runs?recipe=db",
      "/metrics",
    ]) {
      expect([path, await status(path, headers)]).toEqual([path, 403]);
    }
    const none = location.replace(/.{6}$/, "zzzzzz");
    for (const path of [location, location.slice(0, -3), none, "/v1/runs/db"]) {
      expect([path, await status(path, headers)]).toEqual([path, 404]);
    }
    const [there, missing] = [
      await site.ask("GET", location, { headers }),
      await site.ask("GET", none, { headers }),
    ];
    expect(there.text.replaceAll(location.slice(9), "")).toBe(
      missing.text.replaceAll(none.slice(9), ""),
    );
    for (const path of ["/v1/recipes/db/refresh", "/v1/recipes/db/rollback"]) {
      expect((await site.ask("POST", path, { headers })).status).toBe(403);
    }
    expect((await site.ask("POST", `${location}/cancel`, { headers })).status).toBe(404);
    for (const path of ["/v1/status", "/v1/recipes", "/v1/runs"]) {
      const { status: is, text } = await site.ask("GET", path, { headers });
      expect([path, is, text.includes("db")]).toEqual([path, 200, false]);
    }
    expect((await site.ask("GET", "/v1/runs", { headers: all })).text).toContain("db");
    expect((await site.ask("POST", "/v1/recipes/web/refresh", { headers })).status).toBe(202);
  });
});
