import { describe, expect, it } from "vitest";
import { storedOidc } from "../../../shared/settings/stored-oidc.ts";

describe("oidc.json", () => {
  const good = {
    issuer: "https://id.example.org",
    client_id: "regild",
    client_secret: "s3cr3t",
    public_url: "https://regild.example.org",
    grants: [{ claim: "groups", value: "platform", role: "admin" }],
  };

  it.each<[string, unknown, RegExp]>([
    ["no JSON", "s3cr3t: {", /^this is no JSON/],
    ["a list", [], /^oidc is not a mapping/],
    ["no issuer", { ...good, issuer: undefined }, /^oidc issuer is missing\. Write issuer: https/],
    ["plain HTTP", { ...good, issuer: "http://id.example.org" }, /^oidc issuer is not https/],
    ["an unknown key", { ...good, s3cr3t: "x" }, /^oidc holds an unknown key/],
    ["a wrong role", { ...good, grants: [{ claim: "a", value: "b", role: "root" }] }, /role is un/],
    [
      "a secret in a file",
      { ...good, client_secret: undefined, client_secret_file: "/s3cr3t" },
      /^oidc client_secret_file is not possible on AWS\. Write client_secret$/,
    ],
    [
      "a secret in a variable",
      { ...good, client_secret: undefined, client_secret_env: "S3" },
      /^oidc client_secret_env is not possible on AWS/,
    ],
    ["a CA in a file", { ...good, cacert: "/etc/ca.pem" }, /^oidc cacert is no PEM text/],
  ])("with %s is refused, and nothing of it is repeated", (_, stored, problem) => {
    const given = typeof stored === "string" ? stored : JSON.stringify(stored);
    let message = "";
    try {
      storedOidc(given);
    } catch (error) {
      message = error instanceof Error ? error.message : "";
    }
    expect(message).toMatch(problem);
    expect(message).not.toContain("s3cr3t");
  });

  it("is read as oidc of regild.yml is", () => {
    expect(storedOidc(JSON.stringify(good))).toEqual(good);
    expect(storedOidc("")).toBeNull();
  });
});
