import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { doctorDocument } from "../../local/view/checks.ts";
import { openWorkplace, type Workplace } from "../cli/workplace.ts";
import { CLIENT_SECRET, type OpenedProvider, openProvider } from "./real-provider.ts";
import { throughProvider, Visit } from "./visit.ts";
import { wordsOf } from "./scene.ts";

vi.setConfig({ testTimeout: 60_000 });

let site: string;
let listen: string;
let place: Workplace;
let provider: OpenedProvider;
beforeEach(async () => {
  listen = `127.0.0.1:${await freePort()}`;
  site = `http://${listen}`;
  place = await openWorkplace({}, { OIDC_SECRET: CLIENT_SECRET });
  provider = await openProvider({ redirectUri: `${site}/sign-in/oidc/callback` });
});
afterEach(async () => {
  await provider.close();
  await place[Symbol.asyncDispose]();
});

/** The redirect URI has to be known before the host listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

const write = (changed: Record<string, string> = {}) => {
  const lines = {
    issuer: provider.issuer,
    client_id: "regild",
    client_secret_env: "OIDC_SECRET",
    public_url: site,
    scopes: "[openid, profile, groups]",
    grants: "[{ claim: groups, value: platform, role: admin, recipes: [web] }]",
    ...changed,
  };
  const text = Object.entries(lines).map(([key, value]) => `  ${key}: ${value}\n`);
  place.write("regild.yml", `sign_in: required\noidc:\n${text.join("")}`);
};

it("doctor looks at the provider, and a missing secret stops serve", async () => {
  write();
  const text = (await place.regild("doctor")).out;
  expect(text).toContain(`✓  sign-in  ${provider.issuer} answers, and is the issuer of oidc`);
  expect(text).toContain(`needs the redirect URI ${site}/sign-in/oidc/callback`);
  expect(text).toMatch(/✓ +sign-in +Its signing keys can be read/);
  expect(provider.asked).not.toContain("/auth");

  write({ client_secret_env: "NO_SUCH_VARIABLE" });
  const json = await place.regild("doctor", "-o", "json");
  const { sign_in: signIn } = doctorDocument.parse(JSON.parse(json.out));
  expect(json.status).toBe(7);
  expect(signIn?.findings).toMatchObject([
    { message: "oidc.client_secret_env: the variable NO_SUCH_VARIABLE is not set" },
  ]);
  const { status, err } = await place.regild("serve", "--listen", listen);
  expect([status, err]).toEqual([2, expect.stringContaining("NO_SUCH_VARIABLE is not set")]);
});

it("serve signs a person in, and takes a changed rule at once", async () => {
  write();
  const serving = place.begin("serve", "--listen", listen);
  await serving.said('"serving"');
  const visit = new Visit();
  const begin = () => visit.ask(`${site}/sign-in/oidc?next=%2Frecipes%2Fweb`);
  const shown = await visit.ask(await throughProvider(visit, await begin(), site, "anna"));
  expect(wordsOf(shown)).toBe("You are signed in Go on");
  expect((await visit.ask(`${site}/recipes/web`)).text).toContain("Refresh now");
  expect((await visit.ask(`${site}/recipes/data`)).status).toBe(404);

  write({ grants: "[{ claim: groups, value: others, role: admin }]" });
  await expect
    .poll(async () => (await visit.ask(`${site}/recipes/web`)).status, { timeout: 10_000 })
    .toBe(303);
  const refused = await visit.ask(await throughProvider(visit, await begin(), site, "anna"));
  expect([refused.status, wordsOf(refused)]).toEqual([
    403,
    expect.stringContaining("You are anna, and nobody gave you a role here"),
  ]);
  serving.kill("SIGTERM");
  expect((await serving.ended).status).toBe(0);
  expect(`${serving.out()}${serving.err()}`).not.toContain(CLIENT_SECRET);
});
