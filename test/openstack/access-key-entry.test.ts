import { describe, expect, test } from "vitest";
import { readClouds } from "../../shared/openstack/clouds-yaml.ts";

const BASE = { auth_url: "https://iam.eu-de.otc.t-systems.com/v3" };

function read(fields: Record<string, unknown>, env: Record<string, string> = {}) {
  const text = JSON.stringify({ clouds: { otc: fields } });
  return readClouds({ clouds: { path: "clouds.yaml", text }, secure: null }, env);
}

const authOf = (fields: Record<string, unknown>) => read(fields).clouds.get("otc")?.auth;
const told = (fields: Record<string, unknown>) =>
  (read(fields).broken.get("otc") ?? []).map(({ field, message }) => `${field} ${message}`);

const KEY = {
  kind: "access-key",
  accessKey: "AK",
  secretKey: "SK",
  securityToken: null,
  project: { name: "eu-de_web" },
  domainId: null,
};

describe("an access key", () => {
  test.each<[string, Record<string, unknown>]>([
    [
      "with the names of the Terraform provider",
      { auth: { ...BASE, access_key: "AK", secret_key: "SK", project_name: "eu-de_web" } },
    ],
    [
      "with the short names of gophertelekomcloud",
      { auth: { ...BASE, ak: "AK", sk: "SK", project_name: "eu-de_web" } },
    ],
    [
      "directly in the entry, as python-otcextensions has it",
      { auth: { ...BASE, project_name: "eu-de_web" }, access_key: "AK", secret_key: "SK" },
    ],
    [
      "with dashes, a tenant and its auth_type",
      {
        auth: { ...BASE, "access-key": "AK", "secret-key": "SK", "tenant-name": "eu-de_web" },
        auth_type: "aksk",
      },
    ],
  ])("is read %s", (_, fields) => {
    expect(authOf(fields)).toEqual(KEY);
  });

  test("of the variables OS_ACCESS_KEY, OS_SECRET_KEY and OS_SECURITY_TOKEN", () => {
    const env = {
      OS_AUTH_URL: BASE.auth_url,
      OS_ACCESS_KEY: "AK",
      OS_SECRET_KEY: "SK",
      OS_SECURITY_TOKEN: "T",
      OS_PROJECT_ID: "p1",
      OS_DOMAIN_ID: "d1",
    };
    expect(read({}, env).clouds.get("envvars")?.auth).toEqual({
      ...KEY,
      securityToken: "T",
      project: { id: "p1" },
      domainId: "d1",
    });
  });

  test("beside a password is for object storage, and is named as not used", () => {
    const auth = { ...BASE, username: "me", password: "p", project_name: "x" };
    const found = read({ auth, ak: "AK", sk: "SK" });
    expect(found.clouds.get("otc")?.auth.kind).toBe("password");
    expect(found.passedOver.get("otc")?.keys).toEqual(["ak", "sk"]);
    expect(read({ auth, ak: "AK", sk: "SK", auth_type: "aksk" }).passedOver.get("otc")).toEqual(
      expect.objectContaining({ keys: expect.not.arrayContaining(["ak", "sk"]) }),
    );
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    [
      "a secret key that is missing",
      { auth: { ...BASE, access_key: "AK", project_id: "p" } },
      ["auth.secret_key is missing"],
    ],
    [
      "a project that is missing",
      { auth: { ...BASE, ak: "AK", sk: "SK" } },
      ["auth.project_id is missing, and so is project_name: Regild works in one project"],
    ],
    [
      "everything at once",
      { auth: { ...BASE }, auth_type: "aksk" },
      [
        "auth.access_key is missing",
        "auth.secret_key is missing",
        "auth.project_id is missing, and so is project_name: Regild works in one project",
      ],
    ],
  ])("%s is told", (_, fields, problems) => {
    expect(told(fields)).toEqual(problems.map((problem) => `clouds.otc.${problem}`));
  });

  test("that YAML reads as something else is told without its value", () => {
    const text = `clouds: { otc: { auth: { auth_url: "${BASE.auth_url}", ak: AK, sk: 0123, project_id: p } } }`;
    const found = readClouds({ clouds: { path: "c", text }, secure: null }, {});
    const problems = JSON.stringify(found.broken.get("otc"));
    expect(problems).toContain("auth.sk");
    expect(problems).toContain("Put it in quotes");
    expect(problems).not.toContain("0123");
  });
});
