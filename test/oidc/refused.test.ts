import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { OidcSettings } from "../../shared/settings/oidc.ts";
import type { ProviderOptions } from "./real-provider.ts";
import { csrfIn, openScene, type Scene, wordsOf } from "./scene.ts";
import { type Shown, Visit } from "./visit.ts";

const fixtures = join(import.meta.dirname, "../openstack/fixtures");
const pem = (name: string) => readFileSync(join(fixtures, `${name}.pem`), "utf8");

let scene: Scene;
afterEach(() => scene[Symbol.asyncDispose]());

/** No session began, and the page says why in words of people. */
function expectRefused(shown: Shown, status: number, words: RegExp): void {
  const told = wordsOf(shown);
  expect([shown.status, told]).toEqual([status, expect.stringMatching(words)]);
  expect(told).toMatch(/^You are not signed in .*Sign in again/);
  expect(told).not.toMatch(/ at \w+ \(|node_modules|OAUTH_|undefined|\[object/);
  const session = [shown.headers["set-cookie"] ?? []].flat().join();
  expect(session).not.toContain("regild_session");
}

const NOT_BEGUN = /This browser did not begin this sign-in/;

describe("the callback is refused", () => {
  it.each([
    ["a forged state", (url: URL) => url.searchParams.set("state", "forged")],
    ["no state", (url: URL) => url.searchParams.delete("state")],
    ["the state of another attempt", (url: URL) => url.searchParams.set("state", "x".repeat(43))],
  ])("with %s", async (_what, change) => {
    scene = await openScene();
    const url = new URL(await scene.callback("anna"));
    change(url);
    expectRefused(await scene.visit.ask(url.href), 400, NOT_BEGUN);
  });

  it("in a browser that did not begin it: a link cannot sign somebody in as another", async () => {
    scene = await openScene();
    const callback = await scene.callback("anna");
    expectRefused(await new Visit().ask(callback), 400, NOT_BEGUN);
    const other = new Visit();
    await scene.begin(other);
    expectRefused(await other.ask(callback), 400, NOT_BEGUN);
  });

  it("a second time", async () => {
    scene = await openScene();
    const callback = await scene.callback("anna");
    expect((await scene.visit.ask(callback)).status).toBe(200);
    expectRefused(await scene.visit.ask(callback), 400, NOT_BEGUN);
  });

  it("with the code of an earlier sign-in", async () => {
    scene = await openScene();
    const first = new URL(await scene.callback("anna"));
    await scene.visit.ask(first.href);
    const second = new URL(await scene.callback("anna"));
    second.searchParams.set("code", first.searchParams.get("code") ?? "");
    const shown = await scene.visit.ask(second.href);
    expectRefused(shown, 400, /localhost:\d+ does not accept the code: it was used already/);
  });

  it("with the code that another browser got", async () => {
    scene = await openScene();
    const other = new URL(await scene.callback("ben", new Visit()));
    const own = new URL(await scene.callback("anna"));
    own.searchParams.set("code", other.searchParams.get("code") ?? "");
    expectRefused(await scene.visit.ask(own.href), 400, /does not accept the code/);
  });

  it("more than ten minutes later", async () => {
    scene = await openScene();
    const callback = await scene.callback("anna");
    scene.site.clock.nowMs += 10 * 60_000;
    expectRefused(await scene.visit.ask(callback), 400, NOT_BEGUN);
  });

  it("with another sign in its cookie", async () => {
    scene = await openScene();
    const callback = await scene.callback("anna");
    const cookie = scene.visit.cookieFor(callback);
    for (let at = "regild_oidc=".length; at < cookie.length - 1; at += 23) {
      const forged = `${cookie.slice(0, at)}${cookie[at] === "A" ? "B" : "A"}${cookie.slice(at + 1)}`;
      expectRefused(
        await new Visit().ask(callback, { headers: { cookie: forged } }),
        400,
        NOT_BEGUN,
      );
    }
    expect((await scene.visit.ask(callback)).status).toBe(200);
  });
});

const in_ = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

describe("an ID token is refused", () => {
  it.each<[string, Omit<ProviderOptions, "redirectUri">, number, RegExp]>([
    [
      "with another nonce",
      { claims: (is) => ({ ...is, nonce: "other" }) },
      400,
      /belongs to another sign-in/,
    ],
    ["without a nonce", { claims: ({ nonce: _none, ...is }) => is }, 502, /./],
    [
      "for another client",
      { claims: (is) => ({ ...is, aud: "other" }) },
      502,
      /is for another client: its aud is wrong/,
    ],
    [
      "of another issuer",
      { claims: (is) => ({ ...is, iss: "https://evil.example" }) },
      502,
      /is for another use: its iss is wrong/,
    ],
    [
      "that has expired: a clock is wrong",
      { claims: (is) => ({ ...is, exp: in_(-600), iat: in_(-1200) }) },
      502,
      /not valid at this time: the clock of this machine or of the provider is wrong/,
    ],
    [
      "that is not valid yet: a clock is wrong",
      { claims: (is) => ({ ...is, nbf: in_(600) }) },
      502,
      /not valid at this time: the clock of this machine or of the provider is wrong/,
    ],
    ["signed by a stranger", { signedBy: "a stranger" }, 502, /signature/],
    ["signed by nobody", { signedBy: "nobody" }, 502, /alg/],
    ["of another person than the userinfo", { otherUser: true }, 502, /sub/],
  ])("%s", async (_what, options, status, words) => {
    scene = await openScene(options);
    expectRefused(await scene.signIn("anna"), status, words);
    expect((await scene.visit.ask(`${scene.site.url}/`)).status).toBe(303);
  });
});

describe("trouble with the provider is told in words", () => {
  it("the person gives up there", async () => {
    scene = await openScene();
    expectRefused(
      await scene.signIn(null),
      403,
      /localhost:\d+ did not let you in \(access_denied\)/,
    );
  });

  it("an error that anybody could write into an address is not repeated", async () => {
    scene = await openScene();
    const url = new URL(await scene.callback("anna"));
    url.searchParams.delete("code");
    url.searchParams.set("error", "Call +1 555 now");
    url.searchParams.set("error_description", "Call +1 555 now");
    const shown = await scene.visit.ask(url.href);
    expectRefused(shown, 502, /refuses the sign-in as it is set up \(unknown\)/);
    expect(shown.text).not.toContain("555");
  });

  it("the provider is down, before and after the person went there", async () => {
    scene = await openScene();
    const callback = await scene.callback("anna");
    await scene.provider.close();
    const words = /localhost:\d+ gives no answer: .*ECONNREFUSED/;
    expectRefused(await scene.visit.ask(callback), 502, words);
    scene.set({ name: "read the document again" });
    expectRefused(await scene.begin(), 502, words);
    expect((await scene.visit.ask(`${scene.site.url}/sign-in`)).status).toBe(200);
  });

  it.each<[string, (issuer: string) => Partial<OidcSettings>, RegExp]>([
    [
      "it has another name",
      (issuer) => ({ issuer: issuer.replace("localhost", "127.0.0.1") }),
      /The provider calls itself http:\/\/localhost:\d+, and issuer of the setting oidc is http:\/\/127\.0\.0\.1/,
    ],
    [
      "there is none at this path",
      (issuer) => ({ issuer: `${issuer}/realms/ops` }),
      /answers with HTTP 404/,
    ],
    [
      "the client secret is wrong",
      () => ({ client_secret: "wrong-secret-of-nobody" }),
      /does not accept client_id or the client secret/,
    ],
    [
      "the client secret is not where it should be",
      () => ({ client_secret_file: "/no/such/file" }),
      /Regild cannot read its client secret/,
    ],
    [
      "cacert cannot be read",
      () => ({ cacert: "/no/such/ca.pem" }),
      /cacert of oidc in regild\.yml cannot be read/,
    ],
  ])("%s", async (_what, settings, words) => {
    scene = await openScene();
    scene.set(settings(scene.provider.issuer));
    const begun = await scene.begin();
    const shown =
      begun.status === 303 ? await scene.visit.ask(await scene.callback("anna")) : begun;
    expectRefused(shown, 502, words);
    expect(JSON.stringify([shown.text, scene.told])).not.toContain("wrong-secret");
    expect(JSON.stringify(scene.told)).toContain("sign-in failed");
  });

  it("a scope is unknown to it", async () => {
    scene = await openScene({ settings: { scopes: ["openid", "no-such-scope"] } });
    expectRefused(await scene.signIn("anna"), 403, /You are anna, and nobody gave you a role/);
  });

  it("its certificate is not trusted, until its CA is named", async () => {
    const tls = { cert: pem("localhost.crt"), key: pem("localhost.key") };
    scene = await openScene({ tls });
    expectRefused(
      await scene.begin(),
      502,
      /the certificate of localhost:\d+ is self-signed\. Name its CA in oidc of regild\.yml: cacert/,
    );
    scene.set({ cacert: join(fixtures, "localhost.crt.pem") });
    expect((await scene.begin()).status).toBe(303);
  });

  it("its certificate is trusted by the CAs of the environment, as those of clouds are", async () => {
    const tls = { cert: pem("localhost.crt"), key: pem("localhost.key") };
    const env = { REQUESTS_CA_BUNDLE: join(fixtures, "localhost.crt.pem") };
    scene = await openScene({ tls, env });
    expect((await scene.begin()).status).toBe(303);
  });
});

it("an action needs a form of this sign-in, from a page of this host", async () => {
  scene = await openScene();
  const { site, visit } = scene;
  await scene.signIn("anna");
  const other = new Visit();
  await scene.signIn("anna", other);
  const csrf = csrfIn(await visit.ask(`${site.url}/recipes/web`));
  const path = `${site.url}/recipes/web/refresh`;
  const refresh = (form: Record<string, string>, headers: Record<string, string> = {}) =>
    visit.ask(path, { form, headers }).then(({ status }) => status);
  expect(await refresh({})).toBe(403);
  expect(await refresh({ csrf: `${csrf}x` })).toBe(403);
  const othersCsrf = csrfIn(await other.ask(`${site.url}/recipes/web`));
  expect(await refresh({ csrf: othersCsrf })).toBe(403);
  expect(await refresh({ csrf }, { origin: "https://evil.example" })).toBe(403);
  expect(await refresh({ csrf }, { "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await refresh({ csrf })).toBe(303);
});

it("the sign-in leads to no other host afterwards", async () => {
  scene = await openScene();
  for (const next of ["//evil.example", "https://evil.example", "/\\evil.example"]) {
    const shown = await scene.signIn("anna", new Visit(), next);
    expect(shown.headers["refresh"]).toBe("0; url=/");
  }
});
