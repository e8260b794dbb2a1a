import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates } from "node:tls";
import { afterAll, describe, expect, test } from "vitest";
import { trustedRoots } from "../../local/trusted-roots.ts";

const folder = mkdtempSync(join(tmpdir(), "roots-"));
afterAll(() => rmSync(folder, { recursive: true }));

const fixture = (name: string) => join(import.meta.dirname, "fixtures", `${name}.crt.pem`);
const CA = fixture("private-ca");
const OTHER = fixture("localhost");
const pem = (file: string) => readFileSync(file, "utf8").trim();

function roots(env: Record<string, string>): string[] {
  const found = trustedRoots(env);
  if ("problem" in found) throw new Error(found.problem.message);
  return found.roots();
}

describe("the trusted CAs", () => {
  test.each(["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])(
    "are those of the file that %s names, and no others of the system",
    (name) => {
      const extra = getCACertificates("extra").map((text) => text.trim());
      expect(roots({ [name]: CA })).toEqual([...new Set([pem(CA), ...extra])]);
    },
  );

  test("are those of the first variable that is set", () => {
    expect(roots({ REQUESTS_CA_BUNDLE: CA, CURL_CA_BUNDLE: OTHER })[0]).toBe(pem(CA));
    expect(roots({ REQUESTS_CA_BUNDLE: "", CURL_CA_BUNDLE: OTHER })[0]).toBe(pem(OTHER));
    expect(roots({ CURL_CA_BUNDLE: CA, SSL_CERT_FILE: "/no/such" })[0]).toBe(pem(CA));
  });

  test("may be in a folder, whatever else is in it", () => {
    writeFileSync(join(folder, "ca.pem"), `# our CA\n${pem(CA)}\n`);
    writeFileSync(join(folder, "README"), "nothing");
    expect(roots({ REQUESTS_CA_BUNDLE: folder })[0]).toBe(pem(CA));
    const withFolder = roots({ SSL_CERT_DIR: `${folder}:/no/such/folder` });
    expect(withFolder).toContain(pem(CA));
    expect(withFolder.length).toBe(roots({}).length + 1);
    expect(roots({ SSL_CERT_FILE: OTHER, SSL_CERT_DIR: folder }).slice(0, 2)).toEqual([
      pem(OTHER),
      pem(CA),
    ]);
  });

  test("are the system's, else Node's, each once", () => {
    const found = roots({});
    expect(found.length).toBeGreaterThan(50);
    expect(new Set(found).size).toBe(found.length);
  });
});

test("a variable that names no certificate is named", () => {
  const empty = join(folder, "README");
  for (const path of ["/no/such.pem", empty]) {
    expect(trustedRoots({ REQUESTS_CA_BUNDLE: path })).toMatchObject({
      problem: { name: "REQUESTS_CA_BUNDLE", message: expect.stringContaining(path) },
    });
  }
});
