import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { doctorDocument } from "../../local/view/checks.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 60_000 });

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
});
afterAll(() => place[Symbol.asyncDispose]());

it("doctor finds the source of every recipe, and says so", async () => {
  const { status, out } = await place.regild("doctor");
  expect(status).toBe(0);
  expect(out).toMatch(/✓ +recipe +web\.server: web \(\S+\) is ACTIVE, boots from an image/);
  expect(out).toMatch(/✓ +recipe +data\.volume: data \(\S+\) is available, 1 GiB/);
});

it("doctor exits with 7 for a server name that exists nowhere, and says what to do", async () => {
  place.write(
    "wrong.yml",
    `recipes:
  web: { cloud: demo, server: web }
  elsewhere: { cloud: demo, server: web, region_name: az2 }
  gone: { cloud: demo, volume: nosuch }
`,
  );
  const { status, out } = await place.regild("doctor", "--recipes", "wrong.yml", "-o", "json");
  expect(status).toBe(7);
  const { clouds } = doctorDocument.parse(JSON.parse(out));
  const problems = clouds.flatMap(({ findings }) =>
    findings.filter(({ state, area }) => state === "problem" && area === "recipe"),
  );
  expect(problems).toMatchObject([
    { field: "gone.volume", remedy: expect.stringContaining("openstack volume list") },
    { field: "elsewhere.server", message: expect.stringContaining("no compute service") },
  ]);
  expect(clouds.map(({ region_name: region }) => region)).toEqual([null, "az2"]);
});

it("doctor examines a recipe whose image name has an input", async () => {
  const image = { name: "web-${{ inputs.version }}-${{ short_id }}" };
  const inputs = { version: { type: "string" } };
  const recipes = { web: { cloud: "demo", server: "web", inputs, image } };
  place.write("inputs.yml", JSON.stringify({ recipes }));
  const { status, out, err } = await place.regild("doctor", "--recipes", "inputs.yml");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  expect(out).toMatch(/✓ +recipe +web\.server: web/);
});

it("doctor examines only the recipes that are named", async () => {
  place.write(
    "two.yml",
    "recipes: { a: { cloud: demo, server: web }, b: { cloud: demo, server: no } }\n",
  );
  expect((await place.regild("doctor", "a", "--recipes", "two.yml")).status).toBe(0);
  expect((await place.regild("doctor", "b", "--recipes", "two.yml")).status).toBe(7);
  const { status, err } = await place.regild("doctor", "c", "--recipes", "two.yml");
  expect(status).toBe(2);
  expect(err).toContain("No recipe is named c");
});

it("recipes check asks no cloud, and says which command does", async () => {
  place.write("gone.yml", "recipes: { gone: { cloud: demo, volume: nosuch } }\n");
  const { status, err } = await place.regild("recipes", "check", "gone.yml");
  expect(status).toBe(0);
  expect(err).toContain("regild doctor looks for the server or volume of each recipe");
});

it("serve warns of a source that is nowhere, and status shows it until a run has begun", async () => {
  await using own = await openWorkplace();
  own.write("recipes.yml", "recipes: { web: { cloud: demo, server: wep } }\n");
  const host = own.begin("serve", "--listen", "127.0.0.1:0");
  await host.said('"a run of this recipe would fail"');
  const shown = await own.regild("status");
  expect(shown.out).toContain('✗ web.server: No server is named "wep"');
  expect(shown.out).toContain("openstack server list");
  expect(shown.err).toContain("1 recipe needs you: regild status web");
  expect((await own.regild("status", "--check")).status).toBe(7);
  own.write("recipes.yml", "recipes: { web: { cloud: demo, server: web } }\n");
  await host.said('"recipes loaded again"');
  expect((await own.regild("status", "--check")).status).toBe(0);
});

it("serve starts and works while the cloud is down", async () => {
  await using own = await openWorkplace();
  own.cloud.faults.add({
    on: { operation: "identity.authenticate", times: Infinity },
    effect: { kind: "status", status: 503 },
  });
  const host = own.begin("serve", "--listen", "127.0.0.1:0");
  await host.said("the cloud could not be asked for the sources of all recipes");
  expect((await own.regild("status", "--check")).status).toBe(0);
  host.kill("SIGTERM");
  expect((await host.ended).status).toBe(0);
});
