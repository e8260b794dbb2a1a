import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadClouds } from "../../local/clouds-files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "clouds-"));
  mkdirSync(join(folder, "home", ".config", "openstack"), { recursive: true });
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function put(path: string, text: string, mode = 0o600): string {
  const file = join(folder, path);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

const pem = (name: string) =>
  readFileSync(join(import.meta.dirname, "fixtures", `${name}.pem`), "utf8");

const load = (env: Record<string, string> = {}) =>
  loadClouds({ env, cwd: folder, home: join(folder, "home") });

const cloud = (name: string, ...lines: string[]) =>
  [
    "clouds:",
    `  ${name}:`,
    "    auth: { auth_url: http://id.example, username: u, password: p, project_name: p }",
    ...lines.map((line) => `    ${line}`),
  ].join("\n");

test("the first file found is taken: the one named, then here, then at home", () => {
  put("home/.config/openstack/clouds.yml", cloud("home"));
  expect([...load().clouds.keys()]).toEqual(["home"]);
  put("clouds.yaml", cloud("here"));
  expect([...load().clouds.keys()]).toEqual(["here"]);
  const named = put("named.yaml", cloud("named"));
  const loaded = load({ OS_CLIENT_CONFIG_FILE: named });
  expect([[...loaded.clouds.keys()], loaded.source]).toEqual([["named"], named]);
});

test("without any it is told where was looked", () => {
  const loaded = load();
  expect(loaded.source).toBeNull();
  expect(loaded.searched).toContain(join(folder, "clouds.yaml"));
  // An empty variable is one that is not set, as in openstacksdk.
  expect(load({ OS_CLIENT_CONFIG_FILE: "" }).searched).toEqual(loaded.searched);
});

test("secrets that everybody can read are warned of", () => {
  put("clouds.yaml", cloud("lab"), 0o644);
  expect(load().warnings).toEqual([expect.stringContaining("chmod 600")]);
  put("clouds.yaml", cloud("lab"), 0o600);
  expect(load().warnings).toEqual([]);
});

test("certificates are read, from the home folder too", () => {
  const [CA, CERT_AND_KEY] = [pem("private-ca.crt"), pem("signed.crt") + pem("signed.key")];
  put("home/ca.pem", CA);
  put("both.pem", CERT_AND_KEY);
  put("clouds.yaml", cloud("lab", "cacert: ~/ca.pem", `cert: ${join(folder, "both.pem")}`));
  expect(load().transports.get("lab")?.tls).toEqual({
    ca: CA,
    cert: CERT_AND_KEY,
    key: CERT_AND_KEY,
    verify: true,
  });
});

test("a certificate that cannot be read breaks this cloud, with its field", () => {
  put("clouds.yaml", cloud("lab", "cacert: /no/such.pem"));
  const loaded = load();
  expect(loaded.clouds.size).toBe(0);
  expect(loaded.broken.get("lab")).toEqual([
    expect.objectContaining({
      file: join(folder, "clouds.yaml"),
      field: "clouds.lab.cacert",
      message: expect.stringContaining("/no/such.pem"),
    }),
  ]);
});

test("proxies come from the environment, or from the cloud's own entry", () => {
  put("clouds.yaml", cloud("lab", "proxy: http://own.example:3128"));
  const env = { HTTPS_PROXY: "http://all.example:3128", no_proxy: "10.0.0.0/8" };
  expect(load(env).transports.get("lab")?.proxies).toEqual({
    always: { name: "proxy", value: "http://own.example:3128" },
    http: null,
    https: { name: "HTTPS_PROXY", value: "http://all.example:3128" },
    all: null,
    noProxy: "10.0.0.0/8",
  });
});

test("a certificate file without a certificate breaks this cloud, with its field", () => {
  const file = put("empty.pem", "no certificate");
  put("clouds.yaml", cloud("lab", `cacert: ${file}`));
  expect(load().broken.get("lab")).toEqual([
    expect.objectContaining({
      field: "clouds.lab.cacert",
      message: expect.stringContaining("holds no certificate"),
    }),
  ]);
});

const secured = (...lines: string[]) =>
  cloud("lab", ...lines).replace("http://id.example", "https://id.example");
const told = (env: Record<string, string>) =>
  (load(env).broken.get("lab") ?? []).map(
    ({ file, field, message }) => `${file} ${field} ${message}`,
  );

test.each(["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])(
  "%s that cannot be read is named, if the cloud would use it",
  (name) => {
    const env = { [name]: "/no/such.pem" };
    put("clouds.yaml", secured());
    expect(told(env)).toEqual([
      expect.stringMatching(new RegExp(`^environment ${name} /no/such.pem cannot be read`)),
    ]);
    for (const lines of [["verify: false"], [`cacert: ${put("ca.pem", pem("private-ca.crt"))}`]]) {
      put("clouds.yaml", secured(...lines));
      expect(told(env)).toEqual([]);
    }
    put("clouds.yaml", cloud("lab"));
    expect(told(env)).toEqual([]);
  },
);

test.each([
  ["none", /^environment https_proxy is "none", which is no proxy/],
  ["socks5h://proxy.example:1080", /^environment https_proxy names a socks5h proxy/],
  ["http://", /^environment https_proxy is no URL/],
  ["http://user:p%zz@proxy.example:3128", /^environment https_proxy has a % in its user or pass/],
])("https_proxy=%s is named before anything starts, if the cloud would use it", (value, said) => {
  put("clouds.yaml", secured());
  expect(told({ https_proxy: value })).toEqual([expect.stringMatching(said)]);
  expect(told({ https_proxy: value, no_proxy: "id.example" })).toEqual([]);
  expect(told({ https_proxy: value, HTTPS_PROXY: "http://fine.example:3128" })).toHaveLength(1);
  put("clouds.yaml", cloud("lab"));
  expect(told({ https_proxy: value })).toEqual([]);
  expect(told({ all_proxy: value })).toHaveLength(1);
});
