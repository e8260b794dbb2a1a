import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OidcSettings } from "../../shared/settings/oidc.ts";
import { storedOidc } from "../../shared/settings/stored-oidc.ts";
import { bearer } from "../access/opened-site.ts";
import { HOUR_MS, WEB } from "../cli/records.ts";
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type OpenedProvider,
  openProvider,
} from "../oidc/real-provider.ts";
import { csrfIn, DB, GRANTS, wordsOf } from "../oidc/scene.ts";
import { type Shown, throughProvider, Visit } from "../oidc/visit.ts";
import { type DashboardStage, openDashboardStage } from "./dashboard-stage.ts";
import { serveGateway } from "./gateway-server.ts";

let undo: AsyncDisposableStack;
let aws: DashboardStage;
let provider: OpenedProvider;
let url: string;
/** The instance of the function that answers each request; else they take turns. */
let instance: number | null;
let settings: OidcSettings;

beforeEach(async () => {
  undo = new AsyncDisposableStack();
  aws = await openDashboardStage();
  undo.defer(() => aws.close());
  for (const recipe of [WEB, DB]) aws.recipes.set(recipe.name, recipe);
  instance = null;
  let count = 0;
  const gateway = await serveGateway(({ method, path, headers, body }) =>
    aws.ask(method, path, { headers, body }, instance ?? count++ % 2),
  );
  ({ url } = undo.use(gateway));
  provider = await openProvider({ redirectUri: `${url}/sign-in/oidc/callback` });
  undo.defer(() => provider.close());
  const stored = {
    issuer: provider.issuer,
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
    public_url: url,
    scopes: ["openid", "profile", "groups"],
    ask: "Anna, ops@example.org",
    grants: GRANTS,
  };
  const read = storedOidc(JSON.stringify(stored));
  if (read === null) throw new Error("there are no settings");
  aws.stage.oidc = settings = read;
}, 60_000);
afterEach(() => undo.disposeAsync());

/** @returns the address of the callback, not asked for yet. */
async function callback(person: string, by: Visit, next = "/"): Promise<string> {
  const form = await by.ask(`${url}/sign-in?next=${encodeURIComponent(next)}`);
  const link = /class="button" href="([^"]+)"/.exec(form.text)?.[1] ?? "";
  return throughProvider(by, await by.ask(link.replaceAll("&amp;", "&")), url, person);
}
const signIn = async (person: string, by: Visit, next = "/"): Promise<Shown> =>
  by.ask(await callback(person, by, next));
const statusOf = async (path: string, by: Visit) => (await by.ask(`${url}${path}`)).status;

describe("a person signs in at the provider", () => {
  it("and reads, starts a run under their name and signs out, whichever instance answers", async () => {
    const anna = new Visit();
    const from = aws.wire.actions.length;
    const shown = await signIn("anna", anna, "/recipes/web");
    expect([shown.status, shown.headers["refresh"]]).toEqual([200, "0; url=/recipes/web"]);
    for (const each of [0, 1]) {
      instance = each;
      const page = await anna.ask(`${url}/recipes/web`);
      expect(page.text).toContain("<span>anna</span>");
    }
    instance = null;
    const csrf = csrfIn(await anna.ask(`${url}/recipes/web`));
    const form = { csrf, key: "page 0" };
    const started = await anna.ask(`${url}/recipes/web/refresh`, { form });
    expect(started.status).toBe(303);
    const run = await anna.ask(`${url}${String(started.headers["location"])}`);
    expect(run.text).toContain("anna (sign-in 55579b55)");
    const cookie = anna.cookieFor(`${url}/`);
    await anna.ask(`${url}/sign-out`, { form: { csrf } });
    for (const each of [0, 1]) {
      instance = each;
      const headers = { cookie };
      expect((await new Visit().ask(`${url}/`, { headers })).status).toBe(303);
    }
    const known = ["GetItem", "BatchGetItem", "Query", "UpdateItem", "PutItem"];
    expect(aws.wire.actions.slice(from).filter((action) => !known.includes(action))).toEqual([]);
  });

  it("with the role that the rules give, and is told whom to ask without one", async () => {
    const [ben, eve] = [new Visit(), new Visit()];
    expect((await signIn("ben", ben)).status).toBe(200);
    expect([await statusOf("/recipes/web", ben), await statusOf("/recipes/db", ben)]).toEqual([
      200, 404,
    ]);
    const refused = await signIn("eve", eve);
    expect(refused.status).toBe(403);
    expect(wordsOf(refused)).toContain("nobody gave you a role here. Ask Anna, ops@example.org");
    expect(await statusOf("/", eve)).toBe(303);
  });

  it("once with each answer of the provider, whichever instance it reaches", async () => {
    const [anna, thief] = [new Visit(), new Visit()];
    instance = 0;
    const back = await callback("anna", anna);
    const cookie = anna.cookieFor(back);
    expect((await thief.ask(back)).status).toBe(400);
    expect((await anna.ask(back)).status).toBe(200);
    instance = 1;
    const again = await thief.ask(back, { headers: { cookie } });
    expect(again.status).toBe(400);
    expect(wordsOf(again)).toContain("or it was used already");
    expect(thief.setCookies).toEqual([]);
  });

  it("until eight hours are over", async () => {
    const anna = new Visit();
    await signIn("anna", anna);
    aws.stage.nowMs += 8 * HOUR_MS - 1;
    expect(await statusOf("/", anna)).toBe(200);
    aws.stage.nowMs += 1;
    expect(await statusOf("/", anna)).toBe(303);
  });

  it.each<[string, Partial<OidcSettings>]>([
    ["client", { client_id: "other" }],
    ["issuer", { issuer: "https://id.example.org" }],
  ])("until the settings name another %s, also if they are changed back", async (_, changed) => {
    const anna = new Visit();
    await signIn("anna", anna);
    aws.stage.oidc = { ...settings, name: "Another name" };
    expect(await statusOf("/", anna)).toBe(200);
    aws.stage.oidc = { ...settings, ...changed };
    expect(await statusOf("/", anna)).toBe(303);
    aws.stage.oidc = settings;
    for (const each of [0, 1]) {
      instance = each;
      expect(await statusOf("/", anna)).toBe(303);
    }
    expect((await signIn("anna", anna)).status).toBe(200);
    expect(await statusOf("/", anna)).toBe(200);
  });

  it("until the rule that let them in is taken out", async () => {
    const anna = new Visit();
    await signIn("anna", anna);
    aws.stage.oidc = {
      ...settings,
      grants: [{ claim: "groups", value: "readers", role: "read" }],
    };
    expect(await statusOf("/", anna)).toBe(303);
  });
});

describe("nobody signs in at the provider", () => {
  const FORM = { headers: { accept: "text/html" } };

  it("where no settings are stored", async () => {
    aws.stage.oidc = null;
    expect((await aws.ask("GET", "/sign-in", FORM)).body).not.toContain("sign-in/oidc");
    const answer = await aws.ask("GET", "/sign-in/oidc", FORM);
    expect(answer.headers["location"]).toMatch(/^\/sign-in\?next=/);
  });

  it("while the settings cannot be read; tokens go on, and so do people when they can be", async () => {
    const anna = new Visit();
    await signIn("anna", anna);
    aws.stage.oidcError = new Error("AccessDeniedException");
    const { text: token } = await aws.token("read");
    expect((await aws.ask("GET", "/sign-in", FORM)).status).toBe(200);
    expect((await aws.ask("GET", "/v1/recipes", { headers: bearer(token) })).status).toBe(200);
    expect(await statusOf("/", anna)).toBe(303);
    expect(aws.logged.at(-1)).toContain("nobody can sign in at the OpenID provider");
    aws.stage.oidcError = null;
    expect(await statusOf("/", anna)).toBe(200);
  });

  it("without a session key", async () => {
    aws.stage.key = null;
    expect((await aws.ask("GET", "/sign-in", FORM)).body).not.toContain("sign-in/oidc");
    expect((await aws.ask("GET", "/sign-in/oidc", FORM)).headers["location"]).toMatch(/^\/sign-in/);
  });
});

it("no secret, code or cookie is stored or logged, and a record goes by itself", async () => {
  const anna = new Visit();
  const back = await callback("anna", anna);
  await anna.ask(back);
  const code = new URL(back).searchParams.get("code") ?? "none";
  const state = new URL(back).searchParams.get("state") ?? "none";
  const written = aws.wire.bodies.filter((_, index) =>
    /^(Put|Update)Item$/.test(aws.wire.actions[index] ?? ""),
  );
  const people = written.filter((body) => body.includes("K#people") && body.includes("anna"));
  expect(people).toHaveLength(1);
  expect(people[0]).toMatch(/expires/i);
  const own = anna.setCookies.filter((each) => each.startsWith("regild_"));
  expect(own).toHaveLength(2);
  const cookies = own.map((each) => each.split(";")[0]?.split("=")[1] ?? "none");
  const texts = JSON.stringify([written, aws.logged]);
  for (const secret of [CLIENT_SECRET, code, state, ...cookies]) {
    expect(texts).not.toContain(secret);
  }
});
