import { afterEach, describe, expect, it } from "vitest";
import { HOUR_MS } from "../cli/records.ts";
import { CLIENT_SECRET } from "./real-provider.ts";
import { csrfIn, openScene, type Scene, wordsOf } from "./scene.ts";
import { Visit } from "./visit.ts";

let scene: Scene;
afterEach(() => scene[Symbol.asyncDispose]());

const statusOf = async (path: string, visit = scene.visit) =>
  (await visit.ask(`${scene.site.url}${path}`)).status;

describe("a person signs in at the provider", () => {
  it("and reads, starts a run under their name, and signs out", async () => {
    scene = await openScene();
    const { site, visit } = scene;
    const shown = await scene.signIn("anna", visit, "/recipes/web");
    expect([shown.status, shown.headers["refresh"]]).toEqual([200, "0; url=/recipes/web"]);
    expect(wordsOf(shown)).toBe("You are signed in Go on");

    const page = await visit.ask(`${site.url}/recipes/web`);
    expect(page.text).toContain("<span>anna</span>");
    const form = { csrf: csrfIn(page), key: "page 0" };
    const started = await visit.ask(`${site.url}/recipes/web/refresh`, { form });
    expect(started.status).toBe(303);
    const run = await visit.ask(`${site.url}${String(started.headers["location"])}`);
    expect(run.text).toContain("anna (sign-in 55579b55)");

    const out = await visit.ask(`${site.url}/sign-out`, { form: { csrf: csrfIn(page) } });
    expect([out.status, out.headers["location"]]).toEqual([303, "/sign-in"]);
    expect(await statusOf("/recipes/web")).toBe(303);
  });

  it("with cookies that scripts and other sites cannot use, and no token in them", async () => {
    scene = await openScene();
    await scene.signIn("anna");
    const own = scene.visit.setCookies.filter((each) => each.startsWith("regild_"));
    expect(own.map((each) => each.replace(/=[^;]+/, ""))).toEqual([
      "regild_oidc; Path=/sign-in/oidc; Max-Age=600; HttpOnly; SameSite=Lax",
      "regild_session; Path=/; Max-Age=28800; HttpOnly; SameSite=Strict",
    ]);
    expect(own[1]).toMatch(/^regild_session=person\.[\w-]{44}\.\d{13}\./);
  });

  it("again without typing anything while the provider remembers them", async () => {
    scene = await openScene();
    await scene.signIn("anna");
    expect((await scene.signIn(null)).status).toBe(200);
  });

  it("with a client that has no secret, and proves itself by PKCE alone", async () => {
    const client = { client_secret: undefined, token_endpoint_auth_method: "none" };
    scene = await openScene({ client, hasSecret: false });
    expect((await scene.signIn("anna")).status).toBe(200);
  });

  it("until eight hours are over", async () => {
    scene = await openScene();
    await scene.signIn("anna");
    scene.site.clock.nowMs += 8 * HOUR_MS - 1;
    expect(await statusOf("/")).toBe(200);
    scene.site.clock.nowMs += 1;
    expect(await statusOf("/")).toBe(303);
  });

  it.each([{ client_id: "other" }, { issuer: "https://id.example.org" }])(
    "until regild.yml names another client or provider, also if it names them again later: %o",
    async (changed) => {
      scene = await openScene();
      await scene.signIn("anna");
      scene.set({ ask: "somebody else" });
      expect(await statusOf("/")).toBe(200);
      const before = scene.set(changed);
      expect(await statusOf("/")).toBe(303);
      scene.set(before);
      expect(await statusOf("/")).toBe(303);
      expect((await scene.signIn("anna")).status).toBe(200);
      expect(await statusOf("/")).toBe(200);
    },
  );

  it("and is told apart from another who calls themself the same", async () => {
    scene = await openScene({ claims: (is) => ({ ...is, preferred_username: "anna" }) });
    const { site, visit } = scene;
    await scene.signIn("ben");
    const form = { csrf: csrfIn(await visit.ask(`${site.url}/recipes/web`)), key: "page 0" };
    const started = await visit.ask(`${site.url}/recipes/web/refresh`, { form });
    const run = await visit.ask(`${site.url}${String(started.headers["location"])}`);
    // The SHA-256 of ben, not of anna.
    expect(run.text).toContain("anna (sign-in 6700869c)");
  });

  it("until the rule that let them in is taken out, or the provider is", async () => {
    scene = await openScene();
    await scene.signIn("anna");
    const other = new Visit();
    await scene.signIn("carl", other);
    scene.set({ grants: [{ claim: "groups", value: "readers", role: "read" }] });
    expect([await statusOf("/"), await statusOf("/", other)]).toEqual([303, 200]);
    scene.set(null);
    expect(await statusOf("/", other)).toBe(303);
    expect((await other.ask(`${scene.site.url}/sign-in`)).text).not.toContain("sign-in/oidc");
  });
});

describe("the rules give", () => {
  const seen = async (person: string) => {
    scene = await openScene();
    await scene.signIn(person);
    return {
      web: await statusOf("/recipes/web"),
      db: await statusOf("/recipes/db"),
      csrf: csrfIn(await scene.visit.ask(`${scene.site.url}/recipes/web`)),
    };
  };
  const acts = async (path: string, csrf: string) =>
    (await scene.visit.ask(`${scene.site.url}${path}`, { form: { csrf, reason: "x" } })).status;

  it("an admin every recipe", async () => {
    const { web, db, csrf } = await seen("anna");
    expect([web, db]).toEqual([200, 200]);
    expect(await acts("/recipes/db/refresh", csrf)).toBe(303);
  });

  it("a team its own recipe alone, with its role", async () => {
    const { web, db, csrf } = await seen("ben");
    expect([web, db]).toEqual([200, 404]);
    expect(await acts("/recipes/web/refresh", csrf)).toBe(303);
    expect(await acts("/recipes/db/refresh", csrf)).toBe(403);
    const shown = await scene.visit.ask(`${scene.site.url}/recipes/web/pin`, {
      form: { csrf, image: "x", reason: "y" },
    });
    expect(shown.status).toBe(403);
    expect(wordsOf(shown)).toContain("ben has the role run, and to pin takes admin");
  });

  it("somebody of two groups what each of them gives", async () => {
    const { web, db, csrf } = await seen("carl");
    expect([web, db]).toEqual([200, 200]);
    expect(await acts("/recipes/web/refresh", csrf)).toBe(303);
    expect(await acts("/recipes/db/refresh", csrf)).toBe(403);
  });

  it("nobody else anything, and say whom to ask", async () => {
    scene = await openScene();
    for (const person of ["eve", "platform", "groups"]) {
      const shown = await scene.signIn(person, new Visit());
      expect(shown.status).toBe(403);
      expect(wordsOf(shown)).toContain(
        `You are ${person}, and nobody gave you a role here. Ask Anna, ops@example.org for one.`,
      );
      expect(shown.headers["set-cookie"]).toBeUndefined();
    }
  });
});

it("no secret and no code is in a page, a log line or a cookie", async () => {
  scene = await openScene();
  await scene.signIn("anna");
  await scene.signIn("eve", new Visit());
  const callback = await scene.callback("anna", new Visit());
  await scene.visit.ask(callback);
  const code = new URL(callback).searchParams.get("code") ?? "none";
  const texts = JSON.stringify([scene.told, scene.visit.setCookies]);
  expect(scene.told.length).toBeGreaterThan(2);
  for (const secret of [CLIENT_SECRET, encodeURIComponent(CLIENT_SECRET), code]) {
    expect(texts).not.toContain(secret);
  }
});
