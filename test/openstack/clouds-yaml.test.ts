import { describe, expect, test } from "vitest";
import { readClouds } from "../../shared/openstack/clouds-yaml.ts";

const FULL = `
clouds:
  lab:
    region_name: az1
    auth:
      auth_url: http://id.example:5000/v3
      username: demo
      password: sesame
      project_name: demo
      user_domain_name: Default
      project_domain_name: Default
`;

function read(text: string, env: Record<string, string> = {}, secure: string | null = null) {
  return readClouds(
    {
      clouds: { path: "clouds.yaml", text },
      secure: secure === null ? null : { path: "secure.yaml", text: secure },
    },
    env,
  );
}

/** One cloud `c` with these lines in it. */
function entry(...lines: string[]) {
  return read(["clouds:", "  c:", ...lines.map((line) => `    ${line}`)].join("\n"));
}

const PASSWORD = [
  "auth:",
  "  auth_url: http://id.example/v3",
  "  username: demo",
  "  password: sesame",
  "  project_name: demo",
];

const told = (found: ReturnType<typeof read>, cloud = "c") =>
  (found.broken.get(cloud) ?? []).map(({ field, message }) => `${field} ${message}`);

describe("an entry", () => {
  test("with a password", () => {
    expect(read(FULL).clouds.get("lab")).toEqual({
      name: "lab",
      authUrl: "http://id.example:5000/v3",
      auth: {
        kind: "password",
        user: { name: "demo", domain: { name: "Default" } },
        password: "sesame",
        project: { name: "demo", domain: { name: "Default" } },
      },
      regionNames: ["az1"],
      interface: "public",
      endpointOverrides: {},
      tls: { cacert: null, cert: null, key: null, verify: true },
      proxy: null,
    });
  });

  test("with an application credential needs no project", () => {
    const lines = [
      "auth_type: v3applicationcredential",
      "auth:",
      "  auth_url: http://id.example",
      "  application_credential_id: ac",
      "  application_credential_secret: hush",
    ];
    expect(entry(...lines).clouds.get("c")?.auth).toEqual({
      kind: "application-credential",
      credential: { id: "ac" },
      secret: "hush",
    });
  });

  test("with an application credential by name needs its user", () => {
    const lines = [
      "auth:",
      "  auth_url: http://id.example",
      "  application_credential_name: regild",
      "  application_credential_secret: hush",
    ];
    expect(told(entry(...lines))).toEqual(["clouds.c.auth.username is missing, and so is user_id"]);
    expect(entry(...lines, "  user_id: u1").clouds.get("c")?.auth).toMatchObject({
      credential: { name: "regild", user: { id: "u1" } },
    });
  });

  test("without domains is in the one called default, as for openstackclient", () => {
    expect(entry(...PASSWORD).clouds.get("c")?.auth).toMatchObject({
      user: { domain: { id: "default" } },
      project: { domain: { id: "default" } },
    });
  });

  test("takes one domain for both", () => {
    expect(entry(...PASSWORD, "  domain_name: corp").clouds.get("c")?.auth).toMatchObject({
      user: { domain: { name: "corp" } },
      project: { domain: { name: "corp" } },
    });
  });

  test("may use old and dashed spellings", () => {
    const old = entry(
      "auth-type: v3password",
      "endpoint_type: internalURL",
      "auth:",
      "  auth-url: http://id.example/v3/",
      "  username: demo",
      "  password: sesame",
      "  tenant_id: 4117",
    ).clouds.get("c");
    expect(old).toMatchObject({
      authUrl: "http://id.example/v3",
      interface: "internal",
      auth: { project: { id: "4117" } },
    });
  });

  test.each(["http://id.example", "http://id.example/", "http://id.example/v3/"])(
    "has one /v3, however %s ends",
    (url) => {
      const lines = PASSWORD.with(1, `  auth_url: ${url}`);
      expect(entry(...lines).clouds.get("c")?.authUrl).toBe("http://id.example/v3");
    },
  );

  test.each([
    ["region_name: az1", ["az1"]],
    ["region_name: az1,az2", ["az1", "az2"]],
    ["regions: [az1, { name: az2 }]", ["az1", "az2"]],
  ])("names its regions: %s", (line, regions) => {
    expect(entry(line, ...PASSWORD).clouds.get("c")?.regionNames).toEqual(regions);
  });

  test("fills the region into auth_url", () => {
    const lines = PASSWORD.with(1, '  auth_url: "https://identity.{region_name}.example/v3"');
    expect(entry("region_name: jp-east-3", ...lines).clouds.get("c")?.authUrl).toBe(
      "https://identity.jp-east-3.example/v3",
    );
  });

  test.each([
    ["verify: no", false],
    ["verify: 'False'", false],
    ["insecure: true", false],
    ["insecure: false", true],
  ])("%s means verify: %s", (line, verify) => {
    expect(entry(line, ...PASSWORD).clouds.get("c")?.tls.verify).toBe(verify);
  });

  test("may name certificates, a proxy and endpoints", () => {
    const found = entry(
      "cacert: ~/ca.pem",
      "cert: c.pem",
      "key: k.pem",
      "proxy: http://proxy.example:3128",
      "block_storage_endpoint_override: http://cinder.example/v3/%(project_id)s",
      ...PASSWORD,
    ).clouds.get("c");
    expect(found).toMatchObject({
      tls: { cacert: "~/ca.pem", cert: "c.pem", key: "k.pem" },
      proxy: "http://proxy.example:3128",
      endpointOverrides: { volume: "http://cinder.example/v3/%(project_id)s" },
    });
  });
});

describe("what is wrong", () => {
  test("is told all at once, with file and field, for this cloud alone", () => {
    const found = read(`${FULL}  bad:\n    auth_type: password\n    interface: secret\n`);
    expect([...found.clouds.keys()]).toEqual(["lab"]);
    expect(found.broken.get("bad")?.map(({ file, field }) => [file, field])).toEqual([
      ["clouds.yaml", "clouds.bad.auth.auth_url"],
      ["clouds.yaml", "clouds.bad.auth.username"],
      ["clouds.yaml", "clouds.bad.auth.password"],
      ["clouds.yaml", "clouds.bad.auth.project_name"],
      ["clouds.yaml", "clouds.bad.interface"],
    ]);
  });

  test.each([
    [["auth_type: v3token"], /^clouds\.c\.auth_type v3token is not supported.*application cred/],
    [["auth_type: v3oidcpassword"], /v3oidcpassword is not supported. Supported are password and/],
    [["profile: ovh"], /^clouds\.c\.profile vendor profiles are not read/],
    [["regions: [{ name: a, values: { auth: {} } }]"], /^clouds\.c\.regions is no list of names/],
    [["verify: maybe"], /^clouds\.c\.verify "maybe" is neither/],
    [["image_endpoint_override: glance"], /^clouds\.c\.image_endpoint_override "glance" is no URL/],
  ])("%s", (lines, message) => {
    expect(told(entry(...lines, ...PASSWORD))).toEqual([expect.stringMatching(message)]);
  });

  test.each([
    [1, "  auth_url: id.example", /auth_url "id.example" is no URL/],
    [1, "  auth_url: http://id.example/v2.0", /Keystone v2.0/],
    [3, "  password: 0123", /auth.password is a number. Put it in quotes/],
  ])("in line %i: %s", (index, line, message) => {
    expect(told(entry(...PASSWORD.with(index, line)))).toEqual([expect.stringMatching(message)]);
  });

  test.each([
    ["", /is empty/],
    ["- a", /no mapping/],
    ["cloud: {}", /is missing/],
    ["clouds: [", /is no YAML/],
  ])("with the file itself: %j", (text, message) => {
    expect(read(text).problems).toEqual([
      { file: "clouds.yaml", field: expect.anything(), message: expect.stringMatching(message) },
    ]);
  });

  test("never quotes the file, which holds passwords", () => {
    const found = read("clouds:\n  c:\n    auth: {password: hush-hush\n   x: [");
    expect(found.problems).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain("hush-hush");
  });
});

test("secure.yaml lies over clouds.yaml, field by field", () => {
  const text = FULL.replace("      password: sesame\n", "");
  const secure = "clouds:\n  lab:\n    auth:\n      password: other\n";
  expect(read(text, {}, secure).clouds.get("lab")?.auth).toMatchObject({
    password: "other",
    user: { name: "demo" },
  });
});

describe("OS_* variables", () => {
  const env = {
    OS_AUTH_URL: "http://id.example/v3",
    OS_USERNAME: "demo",
    OS_PASSWORD: "0123",
    OS_PROJECT_NAME: "demo",
    OS_USER_DOMAIN_NAME: "corp",
    OS_REGION_NAME: "az2",
    OS_CACERT: "/ca.pem",
    OS_INTERFACE: "internal",
  };

  test("make the cloud envvars, which is then the default", () => {
    const found = read(FULL, env);
    expect(found.defaultCloud).toBe("envvars");
    expect(found.clouds.get("envvars")).toMatchObject({
      regionNames: ["az2"],
      interface: "internal",
      tls: { cacert: "/ca.pem" },
      auth: { password: "0123", user: { name: "demo", domain: { name: "corp" } } },
    });
  });

  test("make none when they only choose one", () => {
    const found = read(FULL, { OS_CLOUD: "lab", OS_REGION_NAME: "az2", OS_TEST_TIMEOUT: "1" });
    expect([...found.clouds.keys(), found.defaultCloud]).toEqual(["lab", "lab"]);
  });

  test("may give it another name, but not that of an entry", () => {
    expect(read(FULL, { ...env, OS_CLOUD_NAME: "mine" }).clouds.has("mine")).toBe(true);
    const found = read(FULL, { ...env, OS_CLOUD_NAME: "lab" });
    expect(found.problems.map((problem) => problem.field)).toEqual(["OS_CLOUD_NAME"]);
  });

  test("that are missing are named as variables", () => {
    const { OS_PASSWORD: _, ...without } = env;
    expect(told(read(FULL, without), "envvars")).toEqual(["OS_PASSWORD is missing"]);
  });
});

test("the only cloud is the default, of several none is", () => {
  expect(read(FULL).defaultCloud).toBe("lab");
  expect(read(`${FULL}  other: {}\n`).defaultCloud).toBeNull();
});
