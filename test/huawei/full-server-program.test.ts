import { expect, it, vi } from "vitest";
import { openWorkplace } from "../cli/workplace.ts";
import { openGateway } from "./gateway.ts";
import type { KnownKey } from "./signature-check.ts";

vi.setConfig({ testTimeout: 120_000 });

const KEY: KnownKey = { access: "QTWAOYTTINDUT2QVKYUC", secret: "permanent-secret-key/+é" };

it("the program replaces a full-server image, and every request is signed, also a DELETE with a body", async () => {
  await using place = await openWorkplace({ imsQuota: 20, backupSeconds: 0 });
  await using gateway = await openGateway(place.cloud, [KEY]);
  const { world, operator } = place.cloud;
  const vault = operator.addVault("golden");
  const auth = { auth_url: gateway.authUrl, access_key: KEY.access, secret_key: KEY.secret };
  const entry = { auth: { ...auth, project_name: "demo" }, region_name: "az1" };
  place.write("clouds.yaml", JSON.stringify({ clouds: { demo: entry } }));
  place.write(
    "recipes.yml",
    `recipes:
  web:
    cloud: demo
    server: web
    capture: full_server
    vault_id: ${vault.id}
    prepare: { stop_server: true }
    keep: 1
    cooling_off: 0s
`,
  );
  const doctor = await place.regild("doctor", "web");
  expect(doctor.out).toMatch(
    /✓ +recipe +web\.vault_id: vault golden \(.*\): 0 of 1000 GB are used/,
  );
  const first = await place.regild("refresh", "web", "--wait");
  expect(first.err + first.out).toContain("Current for web: ");
  expect(first.status).toBe(0);
  const [old] = [...world.backups.keys()];
  const second = await place.regild("refresh", "web", "--wait");
  expect(second.err + second.out).toContain("Current for web: ");
  const [left, ...others] = world.backups.keys();
  expect(others).toEqual([]);
  expect(left).not.toBe(old);
  const { out } = await place.regild("images", "web", "-o", "json");
  const shown = [{ state: "current", backup: left, snapshots: [] }];
  expect(JSON.parse(out)).toMatchObject({ images: shown });
  expect((await place.regild("images", "web")).out).toContain("1 backup");
  expect(gateway.refusals).toEqual([]);
  const plan = await place.regild("clean-up");
  expect(plan.out + plan.err).toContain(left);
});
