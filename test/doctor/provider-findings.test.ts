import { afterEach, beforeEach, expect, it } from "vitest";
import { providerFindings } from "../../local/doctor/provider-findings.ts";
import type { OidcSettings } from "../../shared/settings/oidc.ts";
import { CLIENT_SECRET, type OpenedProvider, openProvider } from "../oidc/real-provider.ts";

const PUBLIC_URL = "https://regild.example.org";
let provider: OpenedProvider;
let ahead = 0;
beforeEach(async () => {
  ahead = 0;
  provider = await openProvider({ redirectUri: `${PUBLIC_URL}/sign-in/oidc/callback` });
});
afterEach(() => provider.close());

/** The problems, and what reading cannot tell. */
async function found(changed: Partial<OidcSettings> = {}): Promise<string[]> {
  const settings: OidcSettings = {
    issuer: provider.issuer,
    client_id: "regild",
    client_secret: CLIENT_SECRET,
    public_url: PUBLIC_URL,
    grants: [{ claim: "groups", value: "platform", role: "admin", recipes: ["web"] }],
    scopes: ["openid", "groups"],
    ...changed,
  };
  const about = { env: {}, now: () => Date.now() + ahead, recipes: ["web", "db"] };
  const findings = await providerFindings(settings, about);
  expect(JSON.stringify(findings)).not.toContain(CLIENT_SECRET);
  return findings
    .filter(({ state }) => state !== "ok")
    .map(({ state, message, remedy }) => `${state}: ${message}. ${remedy ?? ""}`);
}

const CLIENT = `unknown: Only a sign-in shows whether the client is set up. The client at the provider needs the redirect URI ${PUBLIC_URL}/sign-in/oidc/callback`;

it("a provider that is well set up is told as such, and nobody signs in", async () => {
  expect(await found()).toEqual([CLIENT]);
  expect(provider.asked).toEqual(["/.well-known/openid-configuration", "/jwks"]);
});

it("another issuer is told", async () => {
  const issuer = provider.issuer.replace("localhost", "127.0.0.1");
  expect(await found({ issuer })).toEqual([
    expect.stringContaining(
      `problem: The provider calls itself ${provider.issuer}, and issuer of the setting oidc is ${issuer}. Correct oidc in regild.yml`,
    ),
  ]);
});

it("a path without a provider is told", async () => {
  expect(await found({ issuer: `${provider.issuer}/realms/ops` })).toEqual([
    expect.stringMatching(/^problem: localhost:\d+ answers with HTTP 404/),
  ]);
});

it("a provider that is down is told", async () => {
  await provider.close();
  expect(await found()).toEqual([expect.stringMatching(/^problem: .* gives no answer: .*REFUSED/)]);
});

it.each([-60_000, 60_000])("a clock that is %i ms ahead is told", async (aheadMs) => {
  ahead = aheadMs;
  expect(await found()).toContainEqual(
    expect.stringMatching(/^problem: The clocks of this machine and the provider are (59|6[01]) s/),
  );
});

it("a scope that it does not list is told", async () => {
  expect(await found({ scopes: ["openid", "odd"] })).toContainEqual(
    expect.stringContaining("unknown: The provider does not list the scope odd"),
  );
});

it("a recipe that is not there is told", async () => {
  const grant = { claim: "groups", value: "x", role: "run", recipes: ["web", "wbe"] } as const;
  expect(await found({ grants: [{ ...grant, recipes: ["web", "wbe"] }] })).toContain(
    "problem: oidc.grants names recipes that recipes.yml does not have: wbe. Correct the names, or take them out",
  );
});

it.each<[Partial<OidcSettings>, string]>([
  [{ client_secret_env: "NO_SUCH" }, "the variable NO_SUCH is not set"],
  [{ client_secret_file: "/no/such/file" }, "client_secret_file cannot be read"],
  [{ cacert: "/no/such/ca.pem" }, "cacert of oidc in regild.yml cannot be read"],
])("%j is told", async (changed, problem) => {
  expect(await found(changed)).toEqual([expect.stringContaining(problem)]);
});
