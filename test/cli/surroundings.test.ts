import { createServer } from "node:https";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openWorkplace } from "./workplace.ts";

const fixture = (name: string) =>
  fileURLToPath(new URL(`../openstack/fixtures/${name}.pem`, import.meta.url));

it.each([
  ["none", 'HTTP_PROXY is "none", which is no proxy'],
  ["socks5h://proxy.example:1080", "HTTP_PROXY names a socks5h proxy"],
  ["http://us er", "HTTP_PROXY is no URL"],
])("HTTP_PROXY=%s is named before anything starts", async (HTTP_PROXY, said) => {
  await using place = await openWorkplace({}, { HTTP_PROXY });
  for (const [command, status] of [
    [["recipes", "check"], 2],
    [["doctor"], 7],
    [["refresh", "web", "--wait"], 2],
    [["serve", "--listen", "127.0.0.1:0"], 2],
  ] as const) {
    const ended = await place.regild(...command);
    expect(`${ended.out}${ended.err}`).toContain(said);
    expect(ended.status).toBe(status);
  }
});

it("a proxy that no cloud would use is nobody's trouble", async () => {
  const env = { HTTPS_PROXY: "none", HTTP_PROXY: "socks5://x", NO_PROXY: "127.0.0.0/8" };
  await using place = await openWorkplace({}, env);
  expect((await place.regild("recipes", "check")).status).toBe(0);
  expect((await place.regild("doctor")).status).toBe(0);
});

it("a certificate that nobody here knows fails the run at once, and a bundle makes it known", async () => {
  const cert = readFileSync(fixture("signed.crt"));
  const server = createServer({ cert, key: readFileSync(fixture("signed.key")) }, (_, answer) =>
    answer.writeHead(401).end(),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const refresh = async (env: NodeJS.ProcessEnv) => {
    await using place = await openWorkplace({}, env);
    const text = place.read("clouds.yaml");
    place.write("clouds.yaml", text.replace(/auth_url: .*/, `auth_url: https://localhost:${port}`));
    return await place.regild("refresh", "web", "--wait");
  };
  const none = {
    REQUESTS_CA_BUNDLE: "",
    CURL_CA_BUNDLE: "",
    SSL_CERT_FILE: "",
    SSL_CERT_DIR: "",
  };
  const unknown = await refresh(none);
  expect(unknown.status).toBe(3);
  expect(unknown.out).toMatch(/^FAILED configuration/);
  expect(unknown.out).toContain(
    `the certificate of localhost:${port} is signed by nobody known here`,
  );
  expect(unknown.out).toContain("cacert: /path/ca.pem");
  const ca = fixture("private-ca.crt");
  for (const env of [{ REQUESTS_CA_BUNDLE: ca }, { CURL_CA_BUNDLE: ca }, { SSL_CERT_FILE: ca }]) {
    const known = await refresh({ ...none, ...env });
    expect(known.out).toMatch(/^FAILED sign-in-failed/);
  }
  server.close();
});
