import { expect, it } from "vitest";
import * as z from "zod/mini";
import { alteredClouds } from "../altered-clouds.ts";
import { proxyBefore } from "../endpoint-proxy.ts";
import { hostKills } from "../host-kills.ts";
import { openProgram } from "../program.ts";
import { expectFailed, expectSucceeded } from "../run-report.ts";
import type { Stage } from "../stage.ts";
import { bootServer, idOf, portsOf, until } from "../support.ts";
import type { TestCloud } from "../sign-in.ts";
import { QUICK } from "../upload-turns.ts";

/** The lab's guest: see lab/guest/init for what it prints, and how user data make it fail. */
const GUEST = "lab-guest";
const FLAVOR = "lab.small";
const READY = { expect: "lab-guest: ready" };
const IN_NETWORK = { flavor: FLAVOR, networks: ["lab-net"], console: READY };
const HEALTH = { port: 80, path: "/health" };

async function makeGuest(cloud: TestCloud, name: string, userData = ""): Promise<string> {
  return bootServer(cloud, name, {
    imageRef: await idOf(cloud, "image", GUEST),
    flavorRef: await idOf(cloud, "flavor", FLAVOR),
    user_data: Buffer.from(userData).toString("base64"),
  });
}

/** Test boots of a guest with a real kernel, in a network of a real Neutron. */
export function guestInNetworkScenarios(stage: Stage): void {
  it("becomes current when the guest has printed its line and answers over its network", async () => {
    await using scene = await stage.scene("answers");
    await makeGuest(scene.cloud, scene.name);
    const before = await scene.inventory();
    const regild = await scene.regild({
      server: scene.name,
      test_boot: { ...IN_NETWORK, security_groups: ["default"], probe: HEALTH },
    });

    const run = await stage.uploads.during(QUICK, () => regild.refresh());

    expectSucceeded(run);
    expect(run.tests).toEqual([
      expect.objectContaining({
        line: "lab-guest: ready",
        answeredAt: expect.stringMatching(/^10\.77\.\d+\.\d+:80\/health$/),
      }),
    ]);
    const after = await scene.inventory();
    expect({ ...after, images: [] }).toEqual(before);
    expect(await portsOf(scene.cloud, run.tests[0]?.serverId ?? "")).toEqual([]);
  });

  it.each([
    [
      "panic",
      { console: { ...READY, reject: "Kernel panic" } },
      /Kernel panic.*which reject matches/,
    ],
    ["network", { timeout: "90s", probe: HEALTH }, /did not answer its probe within 90 s/],
    ["service", { timeout: "90s", probe: { port: 80 } }, /:80: connection refused\)/],
  ])(
    "does not become current when its %s fails, and all of it is undone",
    async (fails, test, message) => {
      await using scene = await stage.scene(`fails-${fails}`);
      await makeGuest(scene.cloud, scene.name);
      const before = await scene.inventory();
      const regild = await scene.regild({
        server: scene.name,
        test_boot: { ...IN_NETWORK, ...test, user_data: `fail=${fails}\n` },
      });

      const run = await stage.uploads.during(QUICK, () => regild.refresh());

      expectFailed(run, { code: "test-boot-failed", message, remedy: "Fix the source" });
      const [, testServer = ""] =
        /test server ([-0-9a-f]{36})/.exec(run.failure?.message ?? "") ?? [];
      expect(testServer).not.toBe("");
      expect(await portsOf(scene.cloud, testServer)).toEqual([]);
      expect(await scene.inventory()).toEqual(before);
    },
  );

  it("an image of a spoiled disk never becomes current: its host is killed at every step of the test, and nothing is left", async () => {
    await using scene = await stage.scene("spoiled");
    const { cloud, name } = scene;
    const serverId = await makeGuest(cloud, name, "fail=next-boot\n");
    await until("the guest to spoil its disk", async () => {
      const text = await consoleOf(cloud, serverId);
      return text.includes("the next boot fails") ? true : null;
    });
    const before = await scene.inventory();

    const kills = hostKills(() => regild);
    const made: string[] = [];
    await using compute = await proxyBefore(cloud.url("compute"), async (request, forward) => {
      const place = placeOf(request);
      if (place === null) return forward();
      // A create that is announced and not sent is not sent again.
      if (place !== "create" && (await kills.at(`${place}, not sent`))) return null;
      const answer = await forward();
      if (place === "create") made.push(createdBy(answer));
      return (await kills.at(`${place}, not answered`)) ? null : answer;
    });
    const override = { compute_endpoint_override: compute.url };
    const test_boot = { ...IN_NETWORK, probe: HEALTH, timeout: "60s" };
    await using regild = openProgram(scene.recipes({ server: name, test_boot }), {
      cloudsYaml: alteredClouds(scene.cloudName, (entry) => ({ ...entry, ...override })),
    });
    await regild.serve();
    const runId = await stage.uploads.during(QUICK, async () => {
      const { report } = await regild.run("refresh", name);
      await until("the test server", async () => (made.length > 0 ? true : null), 300);
      return report.id;
    });
    await kills.untilEnded(runId);

    const run = await regild.ended(runId);
    expect(run.state).toBe("failed");
    expect(run.left).toEqual([]);
    expect(run.failure?.code).toBe("test-boot-failed");
    expect(run.failure?.message).toContain("printed no line that matches");
    expect(kills.places).toEqual([
      "create, not answered",
      "console, not sent",
      "console, not answered",
      "delete, not sent",
      "delete, not answered",
    ]);
    expect(made).toHaveLength(1);
    expect(await portsOf(cloud, made[0] ?? "")).toEqual([]);
    expect(await scene.inventory()).toEqual(before);
  });
}

function placeOf({ method, path, body }: { method: string; path: string; body: string }) {
  if (method === "POST" && path.endsWith("/servers")) return "create";
  if (method === "DELETE" && /\/servers\/[^/]+$/.test(path)) return "delete";
  return body.includes("os-getConsoleOutput") ? "console" : null;
}

const createdSchema = z.object({ server: z.object({ id: z.string() }) });
function createdBy({ body }: { body: string | Buffer }): string {
  return createdSchema.parse(JSON.parse(body.toString())).server.id;
}

const consoleSchema = z.object({ output: z.string() });
async function consoleOf(cloud: TestCloud, serverId: string): Promise<string> {
  const answer = await cloud.call({
    service: "compute",
    method: "POST",
    path: `/servers/${serverId}/action`,
    body: { "os-getConsoleOutput": { length: 50 } },
    expected: [200, 404, 409],
  });
  return answer.status === 200 ? consoleSchema.parse(answer.json).output : "";
}
