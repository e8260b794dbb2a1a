import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as z from "zod/mini";
import { demoRecipes } from "../../../local/demo/demo-recipes.ts";
import { createToken } from "../../../shared/access/tokens.ts";
import { CLIENT_ID, CLIENT_SECRET, openProvider } from "../../oidc/real-provider.ts";
import { throughProvider, Visit } from "../../oidc/visit.ts";
import { GATEWAY_HOST } from "../gateway.ts";
import { serveGateway } from "../gateway-server.ts";
import { untilRun } from "./demo-runs.ts";
import { openDemoStack } from "./demo-stage.ts";

const BROWSER = { accept: "text/html", origin: `https://${GATEWAY_HOST}` };
const FORM = { ...BROWSER, "content-type": "application/x-www-form-urlencoded" };

let stage: Awaited<ReturnType<typeof openDemoStack>>;
let oidc: string | undefined;
beforeEach(async () => {
  oidc = undefined;
  stage = await openDemoStack({
    packagedRecipes: [...demoRecipes().values()],
    sessionKey: `${randomBytes(32).toString("base64")}\n`,
    oidc: () => oidc,
  });
  stage.stack.stopSchedules();
});
afterEach(() => stage[Symbol.asyncDispose]());

it("a person signs in, starts a run by the page and reads how it ended; a program does the same", async () => {
  const { httpApi } = stage.stack.parts;
  const is = { name: "anna", role: "run" as const, recipes: null, createdBy: "anna", lifeMs: null };
  const { text } = await createToken(stage.backend, is, randomBytes(32));
  const get = (path: string, headers: Record<string, string>) =>
    httpApi.request({ method: "GET", path, headers, body: "" });
  const send = (path: string, headers: Record<string, string>, body: string) =>
    httpApi.request({ method: "POST", path, headers: { ...FORM, ...headers }, body });

  expect((await get("/", BROWSER)).headers["location"]).toBe("/sign-in?next=%2F");
  const signedIn = await send("/sign-in", {}, `token=${text}`);
  expect(signedIn.status).toBe(303);
  const cookie = signedIn.headers["set-cookie"]?.split(";")[0] ?? "";
  const page = await get("/recipes/web", { ...BROWSER, cookie });
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.body)?.[1] ?? "";
  const started = await send("/recipes/web/refresh", { cookie }, `csrf=${csrf}&key=1`);
  expect(started.status).toBe(303);
  const id = started.headers["location"]?.replace("/runs/", "") ?? "";
  await untilRun(stage, id, ({ outcome }) => outcome === "succeeded");
  expect((await get(`/runs/${id}`, { ...BROWSER, cookie })).body).toContain("anna (token)");

  const authorization = `Bearer ${text}`;
  const asked = await httpApi.request({
    method: "POST",
    path: "/v1/recipes/web/refresh",
    headers: { authorization, "content-type": "application/json" },
    body: "{}",
  });
  const { run } = z.object({ run: z.object({ id: z.string() }) }).parse(JSON.parse(asked.body));
  await untilRun(stage, run.id, ({ outcome }) => outcome === "succeeded");
  const answer = await get(`/v1/runs/${run.id}`, { authorization });
  expect(JSON.parse(answer.body)).toMatchObject({ run: { state: "succeeded" } });
  const asset = /src="(\/assets\/[^"]+)"/.exec(page.body)?.[1] ?? "";
  expect((await get(asset, {})).headers["content-type"]).toContain("javascript");
  expect(stage.stack.troubles).toEqual([]);
  const logged = stage.stack.function("dashboard").logs.join("\n");
  for (const secret of [text, cookie.split("=")[1] ?? "-", csrf])
    expect(logged).not.toContain(secret);
});

it("a person signs in at an OpenID provider, whose settings are stored beside the session key", async () => {
  await using undo = new AsyncDisposableStack();
  const { httpApi } = stage.stack.parts;
  const { url } = undo.use(await serveGateway((request) => httpApi.request(request)));
  const provider = await openProvider({ redirectUri: `${url}/sign-in/oidc/callback` });
  undo.defer(() => provider.close());
  oidc = JSON.stringify({
    issuer: provider.issuer,
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
    public_url: url,
    scopes: ["openid", "profile", "groups"],
    grants: [{ claim: "groups", value: "platform", role: "admin" }],
  });
  const anna = new Visit();
  expect((await anna.ask(`${url}/sign-in`)).text).toContain("Sign in with localhost:");
  const begun = await anna.ask(`${url}/sign-in/oidc?next=%2F`);
  const back = await throughProvider(anna, begun, url, "anna");
  expect((await anna.ask(back)).status).toBe(200);
  expect((await anna.ask(`${url}/`)).text).toContain("<span>anna</span>");
  expect((await anna.ask(back)).status).toBe(400);
  expect(stage.stack.troubles).toEqual([]);
  const logged = stage.stack.function("dashboard").logs.join("\n");
  expect(logged).toContain("signed in");
  for (const secret of [CLIENT_SECRET, new URL(back).searchParams.get("code") ?? "-"])
    expect(logged).not.toContain(secret);
});
