import { describe, expect, it } from "vitest";
import type { Settings } from "../../local/simulated-cloud/settings.ts";
import { openWorkplace } from "./workplace.ts";

/** A workplace whose clouds.yaml has an application credential in place of the password. */
async function withCredential(settings: Partial<Settings>) {
  const place = await openWorkplace(settings);
  const { id, secret } = place.cloud.demo.user.applicationCredential;
  place.write(
    "clouds.yaml",
    `clouds:
  demo:
    auth_type: v3applicationcredential
    auth:
      auth_url: ${place.cloud.authUrl}
      application_credential_id: ${id}
      application_credential_secret: ${secret}
    region_name: ${place.cloud.world.firstZone.name}
`,
  );
  return place;
}

const rule = (service: string, method: string, path: string) => ({ service, method, path });
const EVERYTHING = ["compute", "block-storage", "image"].flatMap((service) =>
  ["GET", "POST", "PATCH", "PUT", "DELETE"].map((method) => rule(service, method, "/**")),
);

describe("an application credential with access rules", () => {
  it("does all the work where its rules allow it", async () => {
    await using place = await withCredential({ accessRules: EVERYTHING });
    expect((await place.regild("refresh", "data", "--wait")).status).toBe(0);
  });

  it("fails at once where the services do not know their type, with the setting to ask for", async () => {
    await using place = await withCredential({ accessRules: EVERYTHING, serviceTypeSet: false });
    const { status, out } = await place.regild("refresh", "data", "--wait");
    expect(status).toBe(3);
    expect(out).toMatch(/^FAILED token-refused/);
    expect(out).toContain("service_type = ");
    expect(out).not.toContain("sign-in-failed");
    const doctor = await place.regild("doctor");
    expect(doctor.status).toBe(7);
    expect(doctor.out).toContain("service_type = image in [keystone_authtoken] of Glance");
  });

  it("fails at once where no rule allows a call, and names the call", async () => {
    const accessRules = EVERYTHING.filter(({ service }) => service !== "block-storage");
    await using place = await withCredential({ accessRules });
    const { status, out } = await place.regild("refresh", "data", "--wait");
    expect(status).toBe(3);
    expect(out).toMatch(/^FAILED token-refused/);
    expect(out).toMatch(/none allows GET \S+ of volume/);
  });
});

it("a sign-in with odd entries and times is a sign-in, and the doctor names the entries", async () => {
  await using place = await openWorkplace({ oddSignIns: true });
  expect((await place.regild("refresh", "data", "--wait")).status).toBe(0);
  const { status, out } = await place.regild("doctor");
  expect(status).toBe(0);
  expect(out).toContain("object-store: url is null; entry 8: endpoints is null");
  expect(out).toContain("tokens live 24 h");
});
