import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { API_ROUTES } from "../../local/api/api-site.ts";
import { recipeStateOf } from "../../local/view/read.ts";
import { bearer, type OpenedSite, openSite } from "../access/opened-site.ts";
import { NOW_MS } from "../cli/records.ts";
import { openWorkplace } from "../cli/workplace.ts";
import { elementsOf } from "../page/parsed.ts";
import { fillScene } from "../page/scene.ts";
import { type DashboardStage, openDashboardStage, sendForm, signIn } from "./dashboard-stage.ts";
import { serveGateway } from "./gateway-server.ts";

process.env["TZ"] = "UTC";

const FAILED = "db-20261123-033600-b7x2wd";
const AT_WORK = "web-20261123-092400-q7w2zx";
const GET_ROUTES = [
  "/",
  "/?find=web",
  "/?page=2",
  "/?page=x",
  "/runs",
  "/runs?state=failed",
  "/runs?recipe=db",
  `/runs/${FAILED}`,
  `/runs/${AT_WORK}`,
  `/runs/${AT_WORK}/cancel`,
  "/runs/none",
  "/recipes/web",
  "/recipes/db",
  "/recipes/none",
  "/recipes/web/pause",
  "/recipes/web/pin?image=IMAGE",
  "/recipes/web/rollback?image=IMAGE",
  "/recipes/web/clean-up",
  "/recipes/none/clean-up",
  "/clean-up",
  "/clean-up/4x7k0q2m9s1c/apply",
  "/v1/openapi.json",
  "/v1/status",
  "/v1/recipes",
  "/v1/recipes/db",
  "/v1/recipes/none",
  "/v1/recipes/web/images",
  "/v1/recipes/web/images?limit=2",
  "/v1/recipes/web/images?limit=many",
  "/v1/images/web",
  "/v1/recipes/web/history",
  "/v1/recipes/web/changes/none",
  "/v1/runs",
  "/v1/runs?recipe=db&state=failed",
  "/v1/runs?limit=3",
  `/v1/runs/${FAILED}`,
  "/v1/runs/web",
];

const runSchema = z.object({ run: z.object({ id: z.string() }) });
const problemSchema = z.object({ detail: z.string() });
const statusSchema = z.object({ recipes: z.array(z.object({ recipe: z.string() })) });

let aws: DashboardStage;
let machine: OpenedSite;
let image: string;
let token: string;
let ofWeb: string;
beforeAll(async () => {
  aws = await openDashboardStage();
  for (const [name, recipe] of await fillScene(aws.store)) aws.recipes.set(name, recipe);
  machine = await openSite({ recipes: [...aws.recipes.values()], signIn: "required" });
  await fillScene(machine.store);
  image = (await recipeStateOf(aws.store, "web"))?.images[1]?.id ?? "";
  token = (await aws.token("admin")).text;
  ofWeb = (await aws.token("read", { recipes: ["web"] })).text;
}, 60_000);
afterAll(async () => {
  await machine.close();
  await aws.close();
});

/** On one machine the strip names what that process knows of its clouds. */
const withoutClouds = (text: string) => text.replace(/<div>\s*<dt>Clouds<\/dt>.*?<\/div>/s, "");
const lines = (text: string) => text.replaceAll(/>\s+</g, "><");

/** Each read is by a key or an index, and none reads more than it gives. */
function checkReads(from: number): void {
  const { actions, bodies } = aws.wire;
  expect(actions.length).toBeGreaterThan(from);
  for (const [index, action] of actions.entries()) {
    if (index < from) continue;
    expect(["GetItem", "BatchGetItem", "Query", "UpdateItem"]).toContain(action);
    const input: unknown = JSON.parse(bodies[index] ?? "");
    const isByKey = /KeyConditionExpression/.test(bodies[index] ?? "");
    expect(isByKey).toBe(action === "Query");
    expect(input).not.toHaveProperty("FilterExpression");
  }
}

describe("the same stored data gives the same answer as regild serve, without a scan", () => {
  it.each(GET_ROUTES)("GET %s", async (route) => {
    const path = route.replace("IMAGE", image);
    for (const recipes of [null, ["web"]]) {
      const random = randomBytes(32);
      const { text } = await aws.token("read", { recipes, random });
      const local = await machine.token("read", { recipes });
      const headers = { accept: "text/html" };
      const from = aws.wire.actions.length;
      const onAws = await aws.ask("GET", path, { headers: { ...headers, ...bearer(text) } });
      checkReads(from);
      const here = await machine.ask("GET", path, {
        headers: { ...headers, ...bearer(local.text) },
      });
      expect(onAws.status).toBe(here.status);
      expect(onAws.headers["content-type"]).toBe(here.headers["content-type"]);
      expect(lines(onAws.body)).toBe(lines(withoutClouds(here.text)));
      for (const name of ["content-security-policy", "cache-control", "x-content-type-options"]) {
        expect(onAws.headers[name]).toBe(here.headers[name]);
      }
    }
  });

  it("has every path of the HTTP API, and every form and link of the page, in serverless.yml", async () => {
    const routed = aws.pageRoutes.map(({ method, path }) => `${method} ${path}`);
    const ofApi = API_ROUTES.map(({ method, path }) => `${method} ${path}`);
    expect(routed.filter((route) => route.includes(" /v1/")).toSorted()).toEqual(
      [...ofApi, "GET /v1/openapi.json"].toSorted(),
    );
    const { headers } = await signIn(aws, token);
    const wanted = new Set<string>();
    for (const path of ["/", "/runs", `/runs/${AT_WORK}`, `/runs/${FAILED}`, "/recipes/web"]) {
      const { body } = await aws.ask("GET", path, { headers });
      for (const { tag, attributes } of elementsOf(body)) {
        const { href, src, action } = attributes;
        if (tag === "form" && attributes["method"] === "post") wanted.add(`POST ${action}`);
        else wanted.add(`GET ${href ?? src ?? action ?? "/"}`);
      }
    }
    wanted.delete("GET #main");
    expect(wanted.size).toBeGreaterThan(30);
    const unknown = [];
    for (const one of wanted) {
      const [method = "", path = ""] = one.split(" ");
      const { body } = await aws.ask(method, path);
      if (body === '{"message":"Not Found"}') unknown.push(one);
    }
    expect(unknown).toEqual([]);
  });
});

describe("nothing is open without a sign-in", () => {
  it("of all that serverless.yml leads here, but for the sign-in and the files of the page", async () => {
    const from = aws.wire.actions.length;
    const open: string[] = [];
    for (const { method, path } of aws.pageRoutes) {
      const at = path.replaceAll(/\{\w+\}/g, "web");
      for (const headers of [
        {},
        { host: "localhost" },
        { accept: "text/html" },
        { cookie: "a=b" },
      ]) {
        const { status, headers: answered } = await aws.ask(method, at, { headers });
        const isTurnedAway =
          status === 401 || answered["location"]?.startsWith("/sign-in?next=") === true;
        if (!isTurnedAway) open.push(`${method} ${path} ${status}`);
      }
    }
    expect([...new Set(open)]).toEqual(["GET /sign-in 200", "POST /sign-in 415"]);
    expect(aws.wire.actions.slice(from)).toEqual([]);
  });

  it("neither to an unknown token nor to a revoked one", async () => {
    const { text, id } = await aws.token("admin");
    const unknown = await aws.ask("GET", "/v1/recipes", { headers: bearer("regild_none") });
    expect(unknown.status).toBe(401);
    const { headers } = await signIn(aws, text);
    await aws.revoke(id);
    expect((await aws.ask("GET", "/v1/recipes", { headers: bearer(text) })).status).toBe(401);
    expect((await aws.ask("GET", "/", { headers })).headers["location"]).toBe("/sign-in?next=%2F");
  });

  it("to events: pages ask again and again", async () => {
    const { status, body } = await aws.ask("GET", "/events", { headers: bearer(token) });
    expect({ status, body }).toEqual({ status: 204, body: "" });
  });
});

describe("a person with a browser", () => {
  it("signs in by a form in base64, and is known by the cookie in its own field", async () => {
    const { answer, headers } = await signIn(aws, token, "/runs");
    expect(answer).toMatchObject({ status: 303, headers: { location: "/runs" } });
    expect(answer.headers["set-cookie"]).toMatch(/; HttpOnly; SameSite=Strict; Secure$/);
    const cookie = `theme=dark; ${headers.cookie}`;
    const page = await aws.ask("GET", "/", { headers: { ...headers, cookie } });
    expect(page.body).toContain("<span>admin-all</span>");
    expect((await signIn(aws, "regild_wrong")).answer.status).toBe(401);
  });

  it("is told how to clean up elsewhere: the function reads no clouds", async () => {
    const { headers } = await signIn(aws, token);
    const all = await aws.ask("GET", "/clean-up", { headers });
    expect(all.status).toBe(200);
    expect(all.body).toContain("This page reads no clouds");
    const one = await aws.ask("GET", "/recipes/web/clean-up", { headers });
    expect(one.body).toContain("regild clean-up --recipe web");
    const csrf = csrfOf(all.body);
    const sent = await sendForm(aws, "/clean-up/4x7k0q2m9s1c/apply", headers, { csrf });
    expect(sent.status).toBe(409);
    expect(sent.body).toContain("this host reads no clouds for a clean-up");
  });

  const csrfOf = (html: string) => /name="csrf" value="([\w-]{43})"/.exec(html)?.[1] ?? "";

  it("acts by a form, if the role allows it", async () => {
    const { text } = await aws.token("run");
    const { headers } = await signIn(aws, text);
    const csrf = csrfOf((await aws.ask("GET", "/recipes/db", { headers })).body);
    const before = aws.sent.length;
    const refused = await sendForm(aws, "/recipes/db/rollback", headers, { csrf, image });
    expect(refused.status).toBe(403);
    expect(refused.body).toContain("has the role run");
    const done = await sendForm(aws, "/recipes/db/refresh", headers, { csrf, key: "page 1" });
    expect(done.status).toBe(303);
    expect(done.headers["location"]).toMatch(/^\/runs\/db-20261123-/);
    const again = await sendForm(aws, "/recipes/db/refresh", headers, { csrf, key: "page 1" });
    expect(again.headers["location"]).toBe(done.headers["location"]);
    const sent = aws.sent.slice(before).map(({ queue }) => queue);
    expect(new Set(sent)).toEqual(new Set(["prepare-source"]));
  });

  it.each([
    ["a forged CSRF token", { csrf: "A".repeat(43) }, {}],
    ["no CSRF token", {}, {}],
    ["a form of another host", null, { origin: "https://evil.example" }],
    ["a form of another host's frame", null, { "sec-fetch-site": "cross-site" }],
  ])("changes nothing with %s", async (_, fields, more) => {
    const { headers } = await signIn(aws, token);
    const csrf = csrfOf((await aws.ask("GET", "/", { headers })).body);
    const before = aws.sent.length;
    const all = { reason: "x", ...(fields ?? { csrf }) };
    const answer = await sendForm(aws, "/recipes/web/pause", { ...headers, ...more }, all);
    expect(answer.status).toBe(403);
    expect((await recipeStateOf(aws.store, "web"))?.pause ?? null).toBeNull();
    expect(aws.sent.length).toBe(before);
    const byApi = await aws.ask("POST", "/v1/recipes/web/refresh", { headers });
    expect(byApi.status).toBe(403);
  });

  it("signs out for every instance: a copy of the cookie is of no use", async () => {
    const { headers } = await signIn(aws, token);
    const csrf = csrfOf((await aws.ask("GET", "/", { headers }, 1)).body);
    expect(csrf).not.toBe("");
    const out = await sendForm(aws, "/sign-out", headers, { csrf });
    expect(out.headers["set-cookie"]).toContain("Max-Age=0");
    for (const instance of [0, 1]) {
      const answer = await aws.ask("GET", "/", { headers }, instance);
      expect(answer.headers["location"]).toBe("/sign-in?next=%2F");
    }
  });
});

describe("the session key", () => {
  it("signs everybody out when it is another one, and does nothing worse", async () => {
    const { headers } = await signIn(aws, token);
    const before = aws.stage.key;
    aws.stage.key = randomBytes(32);
    expect((await aws.ask("GET", "/", { headers })).status).toBe(303);
    expect((await aws.ask("GET", "/", { headers: bearer(token) })).status).toBe(200);
    const again = await signIn(aws, token);
    expect((await aws.ask("GET", "/", { headers: again.headers })).status).toBe(200);
    aws.stage.key = before;
  });

  it.each([
    ["is not stored", null],
    ["cannot be read", new Error("AccessDeniedException")],
  ])("that %s lets nobody sign in; tokens work in the header", async (_, error) => {
    const { headers } = await signIn(aws, token);
    const before = aws.stage.key;
    aws.stage.key = null;
    aws.stage.keyError = error;
    try {
      const { answer } = await signIn(aws, token);
      expect(answer.status).toBe(503);
      expect(answer.body).toContain("session key");
      expect((await aws.ask("GET", "/", { headers })).status).toBe(303);
      expect((await aws.ask("GET", "/v1/recipes", { headers: bearer(token) })).status).toBe(200);
      expect(aws.logged.at(-1) ?? "").toContain(error?.message ?? "");
    } finally {
      aws.stage.key = before;
      aws.stage.keyError = null;
    }
  });
});

describe("a program", () => {
  const json = { "content-type": "application/json" };

  it("refreshes, pauses and pins by the HTTP API, with the same token", async () => {
    const headers = { ...bearer(token), ...json, "idempotency-key": "build-1" };
    const ask = (path: string, body: object) =>
      aws.ask("POST", path, { headers, body: JSON.stringify(body) });
    const started = await ask("/v1/recipes/jump-host/refresh", {});
    expect(started.status).toBe(202);
    expect(JSON.parse((await ask("/v1/recipes/jump-host/refresh", {})).body)).toMatchObject({
      run: { id: runSchema.parse(JSON.parse(started.body)).run.id },
    });
    const paused = await ask("/v1/recipes/kube-node/pause", { reason: "holidays" });
    expect(JSON.parse(paused.body)).toMatchObject({ recipes: [{ recipe: "kube-node" }] });
    expect((await ask("/v1/recipes/kube-node/resume", {})).status).toBe(200);
    const pinned = await ask(`/v1/images/${image}/pin`, { reason: "the auditors asked" });
    expect(pinned.status).toBe(200);
    expect((await ask(`/v1/images/${image}/unpin`, {})).status).toBe(200);
  });

  it("names an image whose name API Gateway hands over decoded", async () => {
    const { text } = await aws.token("admin");
    for (const name of ["web golden", "größe 100%", "a+b c", "50%25"]) {
      const path = `/v1/images/${encodeURIComponent(name)}/pin`;
      const headers = { ...bearer(text), ...json };
      const answer = await aws.ask("POST", path, { headers, body: '{"reason":"x"}' });
      expect(answer.status).toBe(404);
      expect(problemSchema.parse(JSON.parse(answer.body)).detail).toContain(
        `an image ${name === "50%25" ? "50%" : name}`,
      );
    }
  });

  it("of some recipes sees nothing of others", async () => {
    const headers = bearer(ofWeb);
    const { body } = await aws.ask("GET", "/v1/recipes", { headers });
    expect(statusSchema.parse(JSON.parse(body)).recipes).toEqual([{ recipe: "web" }]);
    expect((await aws.ask("GET", `/v1/runs/${FAILED}`, { headers })).status).toBe(404);
  });

  it("is asked by hostile requests, and answers no 500", async () => {
    const odd = [
      "/v1/runs/%00",
      "/runs/%3Cscript%3E",
      "/recipes/%E2%80%AE",
      "/v1/images/..%2f/pin",
      "/%",
    ];
    const from = aws.logged.length;
    for (const { method, path } of aws.pageRoutes) {
      const at = path.replaceAll(/\{\w+\}/g, "%3Cscript%3E%1b%5B2J");
      for (const target of [at, `${at}?a=%00&b[]=1`, ...odd]) {
        const body = "\u0000{not json";
        const headers = { ...bearer(token), accept: "text/html" };
        const answer = await aws.ask(method, target, { headers, body }).catch((error: unknown) => {
          if (error instanceof URIError) return { status: 400, body: "" }; // the gateway's own
          throw error;
        });
        expect(answer.status).toBeLessThan(500);
        expect(answer.body).not.toContain("<script>");
      }
    }
    expect(aws.logged.slice(from).filter((line) => line.startsWith("http"))).toEqual([]);
    expect(aws.stage.nowMs).toBe(NOW_MS);
  });
});

describe("the commands, with REGILD_URL and REGILD_TOKEN", () => {
  it("read and act at the stack as at a host", async () => {
    await using undo = new AsyncDisposableStack();
    const gateway = await serveGateway(({ method, path, headers, body }) =>
      aws.ask(method, path, { headers, body }),
    );
    const env = { REGILD_URL: undo.use(gateway).url, REGILD_TOKEN: token };
    const elsewhere = undo.use(await openWorkplace({}, env));
    const status = await elsewhere.regild("status", "-o", "json");
    expect(JSON.parse(status.out)).toMatchObject({ recipes: { length: 6 }, host: null });
    expect((await elsewhere.regild("status", FAILED)).out).toContain("image-vanished");
    const started = await elsewhere.regild("refresh", "build-agent", "-o", "json");
    expect(started.status).toBe(0);
    const wrong = undo.use(await openWorkplace({}, { ...env, REGILD_TOKEN: "regild_no" }));
    expect((await wrong.regild("status")).status).toBe(6);
  }, 120_000);
});
