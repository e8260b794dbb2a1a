import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openWorkplace, type Workplace } from "../cli/workplace.ts";
import { openGateway, type Gateway } from "./gateway.ts";
import type { KnownKey } from "./signature-check.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const KEY: KnownKey = { access: "QTWAOYTTINDUT2QVKYUC", secret: "permanent-secret-key/+é" };
const TEMPORARY: KnownKey = {
  access: "HSTTEMPORARY00000000",
  secret: "temporary-secret-key",
  temporary: { securityToken: "gQpjbi1ub3J0aC0xi+/token==", endsAtMs: Date.now() + 3_600_000 },
};

let place: Workplace;
let gateway: Gateway;
beforeAll(async () => {
  place = await openWorkplace();
  gateway = await openGateway(place.cloud, [KEY, TEMPORARY]);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

/** One entry of clouds.yaml, `auth` as given. */
function entry(name: string, auth: Record<string, string>, rest: Record<string, string> = {}) {
  const fields = { auth: { auth_url: gateway.authUrl, ...auth }, region_name: "az1", ...rest };
  place.write("clouds.yaml", JSON.stringify({ clouds: { [name]: fields } }));
}

const permanent = () => ({ access_key: KEY.access, secret_key: KEY.secret, project_name: "demo" });
const temporary = () => ({
  ak: TEMPORARY.access,
  sk: TEMPORARY.secret,
  security_token: TEMPORARY.temporary?.securityToken ?? "",
  project_id: place.cloud.demo.project.id,
});

function withoutSecrets(...texts: string[]): void {
  for (const secret of [KEY.secret, TEMPORARY.secret, TEMPORARY.temporary?.securityToken ?? ""]) {
    for (const text of texts) expect(text).not.toContain(secret);
  }
}

describe("with an access key", () => {
  it("a refresh goes from the server to the new current image, every request signed", async () => {
    entry("demo", permanent());
    const { status, out, err } = await place.regild("refresh", "web", "--wait");
    expect(err + out).toContain("Current for web: ");
    expect(status).toBe(0);
    expect(gateway.refusals).toEqual([]);
    expect(gateway.headers.some((headers) => "x-auth-token" in headers)).toBe(false);
    withoutSecrets(out, err, JSON.stringify(gateway.headers));
  });

  it("doctor says that requests are signed, and for which project", async () => {
    entry("demo", permanent());
    const { status, out } = await place.regild("doctor", "web");
    expect(out).toMatch(/✓ +identity +access key \(AK\/SK, requests are signed\), project demo/);
    expect(out).not.toContain("tokens live");
    expect(status).toBe(0);
  });

  it("beside a password the password is used, as by openstack", async () => {
    const { user, project } = place.cloud.demo;
    const password = { username: user.name, password: user.password, project_name: project.name };
    entry("demo", { ...permanent(), ...password, auth_url: gateway.authUrl });
    const { out } = await place.regild("doctor", "web");
    expect(gateway.refusals.splice(0)).toContain("authorization header is missing or malformed");
    expect(out).not.toContain("AK/SK");
    entry("demo", { ...permanent(), ...password }, { auth_type: "aksk" });
    expect((await place.regild("doctor", "web")).out).toContain("AK/SK");
  });

  it.each<[string, Record<string, string>, string]>([
    ["an unknown key", { access_key: "NOBODYSKEY" }, "check access_key and secret_key"],
    ["a wrong secret key", { secret_key: "wrong" }, "check access_key and secret_key"],
    ["a project that the key does not see", { project_name: "other" }, 'no project "other"'],
  ])("%s is refused with the remedy", async (_, wrong, remedy) => {
    entry("demo", { ...permanent(), ...wrong });
    const { status, out, err } = await place.regild("doctor", "web");
    expect(out).toContain(remedy);
    expect(status).toBe(7);
    withoutSecrets(out, err);
    gateway.refusals.length = 0;
  });

  it("a clock that is wrong by more than 15 minutes is named", async () => {
    entry("demo", permanent());
    gateway.aheadMs = 16 * 60_000;
    const { out } = await place.regild("doctor", "web");
    gateway.aheadMs = 0;
    expect(out).toContain("signature expired");
    expect(out).toContain("this machine's clock");
    expect(gateway.refusals.splice(0)).toEqual(["signature expired"]);
  });
});

describe("with a temporary key", () => {
  it("the security token goes with every request, and is signed", async () => {
    entry("demo", temporary());
    gateway.headers.length = 0;
    const { status, out, err } = await place.regild("refresh", "data", "--wait");
    expect(err + out).toContain("Current for data: ");
    expect(status).toBe(0);
    for (const headers of gateway.headers) {
      expect(headers["x-security-token"]).toBe(TEMPORARY.temporary?.securityToken);
      expect(headers["authorization"]).toContain("x-security-token");
    }
    expect(gateway.refusals).toEqual([]);
    withoutSecrets(out, err);
  });

  it("doctor says that it ends", async () => {
    entry("demo", temporary());
    const { out } = await place.regild("doctor", "web");
    expect(out).toMatch(/\? +identity +temporary access key/);
  });

  it("that has ended is refused, and the gateway's quote of the token is masked", async () => {
    entry("demo", temporary());
    gateway.keys[1] = {
      ...TEMPORARY,
      temporary: { ...(TEMPORARY.temporary ?? { securityToken: "" }), endsAtMs: 0 },
    };
    const { status, out, err } = await place.regild("doctor", "web");
    gateway.keys[1] = TEMPORARY;
    expect(out).toContain("security token expired …");
    expect(out).toContain("whether the temporary key has expired");
    expect(status).toBe(7);
    withoutSecrets(out, err);
  });
});
