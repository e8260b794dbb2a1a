import { describe, expect, test } from "vitest";
import { isAllowed } from "../../shared/openstack/access-rules.ts";
import { fakeCloud, refusal, response } from "./fake-cloud.ts";

const CREDENTIAL = {
  auth: { kind: "application-credential" as const, credential: { id: "ac" }, secret: "hush" },
};
const rule = (service: string, method: string, path: string) => ({ service, method, path });

/** A service that refuses every token, also a fresh one. */
async function refusedBy(
  observe: (fake: ReturnType<typeof fakeCloud>) => Promise<unknown>,
  token: object,
) {
  const fake = fakeCloud(() => response(401), { config: CREDENTIAL, token });
  return { error: await refusal(observe(fake)), signIns: fake.signIns() };
}

const credential = (...rules: Array<ReturnType<typeof rule>>) => ({
  application_credential: { id: "ac", name: "regild", restricted: true, access_rules: rules },
});

describe("a service that refuses a fresh token", () => {
  const servers = (fake: ReturnType<typeof fakeCloud>) => fake.cloud.compute.server("s");
  const images = (fake: ReturnType<typeof fakeCloud>) => fake.cloud.images.image("i");
  const volumes = (fake: ReturnType<typeof fakeCloud>) => fake.cloud.volumes.volume("v");

  test("though the access rules allow the call lacks service_type", async () => {
    const allowed = credential(rule("compute", "GET", "/v2.1/servers/{id}"));
    const { error, signIns } = await refusedBy(servers, allowed);
    expect(error.code).toBe("token-refused");
    expect(error.message).toContain(
      "Ask the cloud's operator to set service_type = compute in [keystone_authtoken] of Nova",
    );
    expect(signIns).toBe(2);
  });

  test.each([
    ["compute", servers, "GET /v2.1/servers/s of compute"],
    ["image", images, "GET /v2/images/i of image"],
    ["volume", volumes, "of volume. Create one with that rule"],
  ] as const)(
    "for a call that no access rule allows names the call: %s",
    async (_, observe, said) => {
      const { error } = await refusedBy(
        observe,
        credential(rule("compute", "GET", "/v2.1/flavors")),
      );
      expect(error.code).toBe("token-refused");
      expect(error.message).toContain("has access rules, and none allows");
      expect(error.message).toContain(said);
    },
  );

  test.each([
    ["no application credential in it", {}],
    ["no rules", { application_credential: { id: "ac", name: "n", restricted: true } }],
    ["rules of a shape nobody knows", { application_credential: { access_rules: "none" } }],
  ])("with %s checks tokens elsewhere", async (_, token) => {
    const { error } = await refusedBy(images, token);
    expect(error.code).toBe("token-refused");
    expect(error.message).toContain("whether Glance checks tokens at this Keystone");
  });
});

// As keystonemiddleware 10.1 decides (auth_token/__init__.py).
test.each([
  ["/v2.1/servers", "/v2.1/servers", true],
  ["/v2.1/servers", "/v2.1/servers/a", false],
  ["/v2.1/servers/*", "/v2.1/servers/a", true],
  ["/v2.1/servers/*", "/v2.1/servers/a/action", false],
  ["/v2.1/servers/{id}/action", "/v2.1/servers/a/action", true],
  ["/v2/images/**", "/v2/images/a/tags/b", true],
  ["/v2/images/**", "/v2/images", false],
  ["/v2.1/**", "/v2x1/servers", false],
  ["/v2.1/servers", "/compute/v2.1/servers", true],
  ["/compute/v2.1/servers", "/compute/v2.1/servers", true],
])("the access rule %s allows %s: %s", (pattern, path, allowed) => {
  const rules = [rule("compute", "GET", pattern)];
  expect(isAllowed(rules, "compute", { method: "GET", path })).toBe(allowed);
  expect(isAllowed(rules, "compute", { method: "POST", path })).toBe(false);
  expect(isAllowed(rules, "image", { method: "GET", path })).toBe(false);
});

test.each(["block-storage", "volumev3", "volumev2", "volume"])(
  "Cinder may be %s in an access rule",
  (service) => {
    const rules = [rule(service, "GET", "/v3/**")];
    expect(isAllowed(rules, "volume", { method: "GET", path: "/v3/p/volumes" })).toBe(true);
  },
);
