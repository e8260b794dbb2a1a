import { describe, expect, test } from "vitest";
import { passedOverKeys } from "../../local/passed-over.ts";
import { configFor } from "../../shared/openstack/config.ts";
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
      interfaces: ["public"],
      services: {},
      endpointOverrides: {},
      tls: { cacert: null, cert: null, key: null, verify: true },
      proxy: null,
      variants: new Map(),
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
      interfaces: ["internal"],
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

  test("fills each of several regions into its URLs", () => {
    const lines = PASSWORD.with(1, '  auth_url: "https://id.{region_name}.example/v3"');
    const found = entry("region_name: [az1, az2]", ...lines).clouds.get("c");
    if (found === undefined) throw new Error("no entry");
    expect(configFor(found, null).authUrl).toBe("https://id.az1.example/v3");
    expect(configFor(found, "az2").authUrl).toBe("https://id.az2.example/v3");
    expect(told(entry(...lines))[0]).toMatch(/auth_url ".*" is no URL/);
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
      "cbr_endpoint_override: https://cbr.example",
      ...PASSWORD,
    ).clouds.get("c");
    expect(found).toMatchObject({
      tls: { cacert: "~/ca.pem", cert: "c.pem", key: "k.pem" },
      proxy: "http://proxy.example:3128",
      endpointOverrides: {
        volume: "http://cinder.example/v3/%(project_id)s",
        cbr: "https://cbr.example",
      },
    });
  });
});

describe("scalars are read as PyYAML reads them", () => {
  const project = (scalar: string) =>
    entry(...PASSWORD.with(4, `  project_id: ${scalar}`)).clouds.get("c")?.auth;

  test.each([
    "12345678901234567890123456789e12",
    "1e5",
    "00e1",
    "123456789012345678901234567890123",
    "4117",
    "1.5",
    "0x",
    "08",
    "yes-and-no",
    "2026-11-22",
    "y",
    "null-device",
  ])("an unquoted id is what is written: %s", (scalar) => {
    expect(project(scalar)).toMatchObject({ project: { id: scalar } });
  });

  test.each([
    "012",
    "0x1F",
    "0b11",
    "1:30",
    "1_000",
    "+5",
    "1.50",
    ".inf",
    "yes",
    "off",
    "TRUE",
    "2026-11-22 10:00:00",
    "!!float 1e5",
    "!mine 12",
    "[a]",
  ])("one that would become something else is refused: %s", (scalar) => {
    expect(told(entry(...PASSWORD.with(4, `  project_id: ${scalar}`)))[0]).toMatch(
      /^clouds\.c\.auth\.project_id (is (a number|a time|true or false)\. Put it in quotes|is no text|has a tag)/,
    );
    expect(project(`"${scalar}"`)).toMatchObject({ project: { id: scalar } });
  });

  test.each(["", "~", "null", '""'])("an empty one is missing: %j", (scalar) => {
    expect(told(entry(...PASSWORD.with(4, `  project_id: ${scalar}`)))).toEqual([
      expect.stringMatching(/project_name is missing/),
    ]);
  });

  test("a password of digits is text, and of a password nothing is shown", () => {
    expect(entry(...PASSWORD.with(3, "  password: 4711")).clouds.get("c")?.auth).toMatchObject({
      password: "4711",
    });
    for (const secret of [
      "0123",
      "1:30",
      "yes",
      "!hush hush",
      "!hush",
      "*hush",
      "[hush]",
      "2026-11-22 10:00:00",
    ]) {
      const said = told(entry(...PASSWORD.with(3, `  password: ${secret}`)));
      expect(said).toHaveLength(1);
      expect(said[0]).toMatch(/^clouds\.c\.auth\.password /);
      expect(said[0]).not.toMatch(/0123|1:30|yes|hush|10:00/);
    }
  });
});

describe("aliases and merges", () => {
  const SHARED = `shared: &shared
  auth: { auth_url: http://id.example, username: u, password: p, project_name: p }
`;
  test.each([101, 150, 3_000])("%i entries may share one anchor", (count) => {
    const lines = Array.from(
      { length: count },
      (_, n) => `  c${n}: { <<: *shared, region_name: r${n} }`,
    );
    const found = read(`${SHARED}clouds:\n${lines.join("\n")}\n`);
    expect(found.problems).toEqual([]);
    expect(found.clouds.size).toBe(count);
    expect(found.clouds.get("c7")?.regionNames).toEqual(["r7"]);
  });

  test("of several merged the first wins, and an own key wins over all", () => {
    const text = `${SHARED}
one: &one { region_name: one, interface: internal }
two: &two { region_name: two, cacert: /two.pem }
clouds:
  c: { <<: [*shared, *one, *two], interface: admin }
`;
    expect(read(text).clouds.get("c")).toMatchObject({
      regionNames: ["one"],
      interfaces: ["admin"],
      tls: { cacert: "/two.pem" },
    });
  });

  test("that grow without end are refused", () => {
    const doubling = Array.from({ length: 40 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`);
    const found = read(`a0: &a0 [x]\n${doubling.join("\n")}\n${FULL}`);
    expect(found.problems[0]?.message).toMatch(/too many aliases/);
    const itself = read(`${FULL}  loop: &loop { auth: *loop }\n`);
    expect([...itself.clouds.keys()]).toEqual(["lab"]);
    expect(told(itself, "loop")[0]).toMatch(/contains itself/);
  });
});

describe("a mistake in one entry leaves the others alone", () => {
  test.each([
    ["a doubled key", "{ region_name: a, region_name: b }"],
    ["a doubled auth", "{ auth: {}, auth: { auth_url: http://x } }"],
    ["no mapping", "just text"],
    ["a list", "[a, b]"],
    ["nothing", ""],
    ["an unknown tag", "!vault { a: b }"],
    ["a merge of no mapping", "{ <<: text }"],
    ["a key that is no text", "{ ? [a, b] : c }"],
    ["auth that is no mapping", "{ auth: text }"],
  ])("%s", (_, body) => {
    const found = read(`${FULL}  bad: ${body}\n`);
    expect(found.problems).toEqual([]);
    expect([...found.clouds.keys()]).toEqual(["lab"]);
    expect(found.broken.get("bad")?.length).toBeGreaterThan(0);
  });

  test("of a key written twice the last wins, as for openstackclient", () => {
    const text = FULL.replace("region_name: az1", "region_name: az1\n    region_name: az2");
    expect(read(text).clouds.get("lab")?.regionNames).toEqual(["az2"]);
  });
});

describe("settings of one service", () => {
  const config = (...lines: string[]) => entry(...lines, ...PASSWORD).clouds.get("c");

  test.each([
    ["image_interface: internal", { services: { image: { interfaces: ["internal"] } } }],
    ["image-interface: internalURL", { services: { image: { interfaces: ["internal"] } } }],
    ["image_endpoint_type: internal", { services: { image: { interfaces: ["internal"] } } }],
    ["interface: [internal, public]", { interfaces: ["internal", "public"] }],
    [
      "volume_interface: [admin, public]",
      { services: { volume: { interfaces: ["admin", "public"] } } },
    ],
    ["compute_region_name: az2", { services: { compute: { regionName: "az2" } } }],
    ["block_storage_service_type: volumev3", { services: { volume: { type: "volumev3" } } }],
    ["volumev2_service_name: cinderv2", { services: { volume: { name: "cinderv2" } } }],
    [
      "volume_endpoint: http://c.example/v3",
      { endpointOverrides: { volume: "http://c.example/v3" } },
    ],
  ])("%s", (line, expected) => {
    expect(config(line)).toMatchObject(expected);
  });

  test("the older spelling of an interface wins, and the official name of a service", () => {
    expect(config("endpoint_type: admin", "interface: internal")?.interfaces).toEqual(["admin"]);
    expect(
      config("volume_region_name: a", "block_storage_region_name: b")?.services.volume,
    ).toEqual({ regionName: "b" });
  });

  test.each(["image_interface: inside", "interface: [internal, outside]", "interface: {}"])(
    "%s is refused",
    (line) => {
      expect(told(entry(line, ...PASSWORD))[0]).toMatch(/interface /);
    },
  );
});

describe("regions with values", () => {
  const LINES = [
    "interface: internal",
    "regions:",
    "  - name: az1",
    "    values: { interface: admin, auth: { username: other } }",
    "  - { name: az2, values: { auth: { auth_url: http://two.example/v3 }, image_interface: public } }",
    "  - az3",
  ];
  test("are the entry with these fields in place of its own", () => {
    const found = entry(...LINES, ...PASSWORD).clouds.get("c");
    if (found === undefined) throw new Error("no entry");
    expect(found.regionNames).toEqual(["az1", "az2", "az3"]);
    expect(configFor(found, null)).toMatchObject({
      name: "c",
      interfaces: ["admin"],
      authUrl: "http://id.example/v3",
      auth: { user: { name: "other" }, password: "sesame" },
    });
    expect(configFor(found, "az2")).toMatchObject({
      interfaces: ["internal"],
      services: { image: { interfaces: ["public"] } },
      authUrl: "http://two.example/v3",
      auth: { user: { name: "demo" } },
    });
    expect(configFor(found, "az3")).toMatchObject({
      name: "c:az3",
      interfaces: ["internal"],
      auth: { user: { name: "demo" } },
    });
  });

  test("with a mistake break the entry, at the region", () => {
    const lines = ["regions: [{ name: a, values: { interface: inside } }]", ...PASSWORD];
    expect(told(entry(...lines))).toEqual([
      'clouds.c.regions.a.interface "inside" is none of public, internal, admin',
    ]);
  });
});

test("keys that nobody reads are told, with what they may be meant to be", () => {
  const found = entry("verfiy: false", "interfce: internal", "networks: []", ...PASSWORD);
  expect(passedOverKeys(found, "c")).toEqual([
    "verfiy (did you mean verify?)",
    "interfce (did you mean interface?)",
    "networks",
  ]);
  expect(read(FULL).passedOver.size).toBe(0);
});

test("a profile of clouds-public.yaml lies under the entry", () => {
  const profiles =
    "public-clouds: { vendor: { auth: { auth_url: http://v.example/v3 }, region_name: v } }";
  const text =
    "clouds: { c: { profile: vendor, auth: { username: u, password: p, project_name: p } } }";
  const files = {
    clouds: { path: "clouds.yaml", text },
    secure: null,
    profiles: { path: "clouds-public.yaml", text: profiles },
  };
  expect(readClouds(files, {}).clouds.get("c")).toMatchObject({
    authUrl: "http://v.example/v3",
    regionNames: ["v"],
    auth: { user: { name: "u" } },
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
    [
      ["auth_type: v3oidcpassword"],
      /v3oidcpassword is not supported. Supported are password, v3applicationcredential and aksk/,
    ],
    [["profile: ovh"], /^clouds\.c\.profile vendor profiles are not read/],
    [["regions: [{ name: a, valeus: {} }]"], /^clouds\.c\.regions\[0\] is no region/],
    [["regions: [{ values: {} }]"], /^clouds\.c\.regions\[0\] is no region/],
    [["regions: RegionOne"], /^clouds\.c\.regions is no list of regions/],
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

  test.each([
    "clouds:\n  c:\n    auth: {password: hush-hush\n   x: [",
    "clouds:\n  c: { password: a ]hush-hush }",
    "clouds:\n  c:\n    password: `hush-hush",
    "clouds:\n  c:\n    password: @hush-hush\n",
    'clouds:\n  c:\n    password: "a" hush-hush\n',
    "clouds:\n  c:\n    password: 'a\n hush-hush",
    "%hush-hush\n---\n] hush-hush",
  ])("never quotes the file, which holds passwords: %j", (text) => {
    const found = read(text);
    expect(found.problems).toHaveLength(1);
    expect(found.problems[0]?.message).toMatch(/line \d+, column \d+/);
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
      interfaces: ["internal"],
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
