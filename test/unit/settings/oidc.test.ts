import { describe, expect, it } from "vitest";
import { readSettings } from "../../../shared/settings/read-settings.ts";

const GOOD = [
  "oidc:",
  "  issuer: https://id.example.org/realms/ops",
  "  client_id: regild",
  "  client_secret_file: /etc/regild/oidc-secret",
  "  public_url: https://regild.example.org",
  "  grants:",
  "    - { claim: groups, value: platform, role: admin }",
  "    - { claim: groups, value: web-team, role: run, recipes: [web] }",
].join("\n");

function problemsOf(text: string): string[] {
  const read = readSettings(text, "regild.yml");
  if (!("problems" in read)) return [];
  return read.problems.map(({ line, path, message }) => `${line} ${path}: ${message}`);
}

const changed = (line: RegExp, to: string) => GOOD.replace(line, to);

describe("oidc", () => {
  it("is read", () => {
    expect(readSettings(GOOD, "regild.yml")).toMatchObject({
      signIn: "for_actions",
      oidc: {
        issuer: "https://id.example.org/realms/ops",
        client_id: "regild",
        grants: [{ value: "platform", role: "admin" }, { recipes: ["web"] }],
      },
    });
    expect(problemsOf(changed(/https:\/\/id.*/, "http://localhost:8080/realms/ops"))).toEqual([]);
    expect(problemsOf(changed(/https:\/\/regild.*/, "http://127.0.0.1:8321/"))).toEqual([]);
  });

  it.each([
    [/https:\/\/id.*/, "http://id.example.org", /^2 oidc\.issuer: is not https, and its host/],
    [/https:\/\/id.*/, "id.example.org", /^2 oidc\.issuer: is no https address\. Write issuer: h/],
    [/https:\/\/id.*/, '"https://u:p@id.example.org"', /^2 oidc\.issuer: holds a user/],
    [
      /https:\/\/id.*/,
      "https://id.example.org/.well-known/openid-configuration",
      /^2 oidc\.issuer: is the address of a document\. Write the part before \/\.well-known\//,
    ],
    [/https:\/\/id.*/, "https://id.example.org/?a=b", /^2 oidc\.issuer: holds a query/],
    [/https:\/\/regild.*/, "http://regild.example.org", /^5 oidc\.public_url: is not https/],
    [/https:\/\/regild.*/, "https://example.org/regild", /^5 oidc\.public_url: has a path/],
    [/client_id: regild/, "client_id: 5", /^3 oidc\.client_id: is a number, not text/],
    [/ {2}client_id: regild\n/, "", /^1 oidc: client_id is missing\. Write client_id: regild/],
    [/client_id:/, "client-id:", /^3 oidc\.client-id: unknown key\. Did you mean client_id\?/],
    [/role: admin/, "role: owner", /grants\[0\]\.role: is unknown\. Write read, run, or admin/],
    [/value: platform/, "value: 5", /grants\[0\]\.value: is a number, not text\. Put it in quotes/],
    [/claim: groups, value: p/, "claims: groups, value: p", /unknown key\. Did you mean claim\?/],
    [/\[web\]/, "web", /recipes: is not a list\. Write recipes: \[web\]/],
    [/\[web\]/, "[]", /recipes: is empty\. Write recipes: \[web\], or leave it out for all/],
    [/grants:[\s\S]*/, "grants: []", /^6 oidc\.grants: is empty, so nobody could sign in/],
    [/ {2}grants:[\s\S]*/, "", /oidc: grants is missing\. Write grants: \[/],
    [
      /(client_id: regild)/,
      "$1\n  client_secret: abc",
      /^5 oidc\.client_secret_file: is beside client_secret\. Take one of the two out/,
    ],
    [
      /client_secret_file: .*/,
      "client_secret_env: A-B",
      /oidc\.client_secret_env: is not the name of a variable/,
    ],
    [/(client_id: regild)/, "$1\n  scopes: [profile]", /oidc\.scopes: has no openid/],
    [/(client_id: regild)/, "$1\n  scopes: openid", /oidc\.scopes: is not a list/],
  ])("with %s written as %s is told", (line, to, problem) => {
    expect(problemsOf(changed(line, to))).toEqual([expect.stringMatching(problem)]);
  });

  it("shows no secret in a problem", () => {
    const secret = "a-secret-that-nobody-should-see";
    for (const wrong of [
      changed(/client_secret_file: .*/, `client_secret: "${secret} "`),
      changed(/client_secret_file: .*/, `client_secret: [${secret}]`),
      changed(/client_secret_file: .*/, `client_secrets: ${secret}`),
    ]) {
      const problems = problemsOf(wrong);
      expect(problems).toHaveLength(1);
      expect(problems.join()).not.toContain(secret);
    }
  });
});
