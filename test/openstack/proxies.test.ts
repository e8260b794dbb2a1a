import { describe, expect, test } from "vitest";
import { proxyFor, proxyUrl, readProxies } from "../../shared/lambda/proxies.ts";

const PROXY = "http://proxy.example:3128";
const isDirect = (url: string, no_proxy: string) =>
  proxyFor(url, readProxies({ all_proxy: PROXY, no_proxy }, null)) === null;

describe("NO_PROXY", () => {
  // The first group was compared with should_bypass_proxies of requests 2.28.1.
  test.each([
    ["http://127.0.0.1:5000/v3", "localhost,127.0.0.0/8", true],
    ["http://10.1.2.3/", "10.1.0.0/16", true],
    ["http://10.2.2.3/", "10.1.0.0/16", false],
    ["http://10.1.2.3/", "10.1.2.3/32", true],
    ["http://10.1.2.3/", "10.1.2.3", true],
    ["http://10.1.2.3/", "2.3", true],
    ["http://10.1.2.3/", "1.2", false],
    ["http://10.1.2.3/", "10.1.2.3/33", false],
    ["http://10.1.2.3/", "10.1.2.3/255.255.255.0", false],
    ["http://cloud.example:5000/", "cloud.example:5000", true],
    ["http://cloud.example:8774/", "cloud.example:5000", false],
    ["https://cloud.example:443/", "cloud.example:443", true],
    ["http://keystone.cloud.example/", "cloud.example", true],
    ["http://keystone.cloud.example/", ".cloud.example", true],
    ["http://cloud.example/", ".cloud.example", true],
    ["http://mycloud.example/", "cloud.example", true],
    ["http://cloud.example.org/", "cloud.example", false],
    ["http://Cloud.Example/", "cloud.example", true],
    ["http://cloud.example/", "other.example, cloud.example", true],
    ["http://cloud.example/", "*", true],
    ["http://cloud.example/", "other.example,*", false],
    ["http://cloud.example/", "", false],
    ["http://[::1]:5000/", "::1", true],
    // Beyond requests.
    ["http://10.1.2.3:5000/", "10.1.2.3:5000", true],
    ["http://10.1.2.3:8774/", "10.1.2.3:5000", false],
    ["http://[fd00::1]/", "fd00::/8", true],
    ["http://[fe00::1]/", "fd00::/8", false],
    ["http://keystone.cloud.example/", "*.cloud.example", true],
  ])("for %s, %j: direct %s", (url, noProxy, direct) => {
    expect(isDirect(url, noProxy)).toBe(direct);
  });
});

describe("the variables", () => {
  const chosen = (url: string, env: Record<string, string>, own: string | null = null) =>
    proxyFor(url, readProxies(env, own))?.name ?? null;
  const HTTP = "http://id.example/";
  const HTTPS = "https://id.example/";

  test.each([
    [HTTP, { http_proxy: PROXY, HTTP_PROXY: PROXY }, "http_proxy"],
    [HTTP, { HTTP_PROXY: PROXY }, "HTTP_PROXY"],
    [HTTP, { HTTPS_PROXY: PROXY }, null],
    [HTTPS, { HTTP_PROXY: PROXY }, null],
    [HTTPS, { HTTPS_PROXY: PROXY, ALL_PROXY: PROXY }, "HTTPS_PROXY"],
    [HTTPS, { ALL_PROXY: PROXY }, "ALL_PROXY"],
    [HTTPS, { all_proxy: PROXY, ALL_PROXY: PROXY }, "all_proxy"],
    [HTTPS, { https_proxy: "", HTTPS_PROXY: PROXY }, null],
    [HTTP, { HTTP_PROXY: PROXY, no_proxy: "", NO_PROXY: "id.example" }, null],
    [HTTP, { HTTP_PROXY: PROXY, no_proxy: "x", NO_PROXY: "id.example" }, "HTTP_PROXY"],
  ])("for %s, of %j it is %s", (url, env, name) => {
    expect(chosen(url, env)).toBe(name);
  });

  test("give way to proxy in the entry, which has no exceptions", () => {
    const env = { HTTPS_PROXY: PROXY, NO_PROXY: "*" };
    expect(chosen(HTTPS, env, "http://own.example")).toBe("proxy");
  });
});

test.each([
  ["proxy.example:3128", "http://proxy.example:3128/"],
  ["proxy.example", "http://proxy.example/"],
  ["10.0.0.1:3128", "http://10.0.0.1:3128/"],
  ["user:secret@proxy.example:3128", "http://user:secret@proxy.example:3128/"],
  ["https://proxy.example:3129", "https://proxy.example:3129/"],
  ["HTTP://proxy.example:3128", "http://proxy.example:3128/"],
  ["http://user:p%40ss@proxy.example:3128", "http://user:p%40ss@proxy.example:3128/"],
])("the proxy %s is %s", (value, url) => {
  expect(proxyUrl({ name: "HTTPS_PROXY", value })).toEqual({ url });
});

test.each([
  "socks5://user:secret@proxy.example:1080",
  "ftp://user:secret@proxy.example",
  "http://user:sec#ret@proxy.example:3128",
  "http://user:secret%@proxy.example:3128",
])("a proxy that cannot be used is never shown with its password: %s", (value) => {
  const read = proxyUrl({ name: "HTTPS_PROXY", value });
  expect(read).toHaveProperty("problem");
  expect(JSON.stringify(read)).not.toMatch(/sec|user:/);
});
