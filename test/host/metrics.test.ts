import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { measured } from "../../local/metrics/metrics-page.ts";
import { openInstallation } from "../../local/installation.ts";
import { Host } from "../../local/host.ts";
import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { asHttp } from "../../local/simulated-cloud/in-process.ts";
import { seededRandom } from "../../local/simulated-cloud/random.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import { start } from "../../shared/protocol/start.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import { configOf } from "../contract/simulated-target.ts";
import { timing } from "../unit/builders.ts";

const RECIPES = `
recipes:
  web: { cloud: sim, server: web }
  lost: { cloud: sim, server: nowhere, schedule: [{ cron: "0 3 * * *" }] }
`;

async function openHost() {
  const cloud = new SimulatedCloud({
    now: Date.now,
    random: seededRandom(1),
    settings: { uploadSeconds: () => 0.1, captureSeconds: 0.1 },
  });
  const image = cloud.operator.addImage({ name: "debian-12" });
  cloud.operator.addServer({ name: "web", image });
  const loaded = loadRecipes(RECIPES, "recipes.yml");
  if ("problems" in loaded) throw new Error("these recipes are good");
  const { recipes } = loaded;
  const clouds = openClouds(new Map([["sim", configOf(cloud, cloud.demo)]]), {
    http: () => asHttp(cloud),
    now: Date.now,
    timing,
  });
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const opened = await openInstallation({ dataFile: ":memory:", clouds, recipes, log });
  const { installation, metricsPage } = measured(opened);
  const { backend } = installation;
  const host = await Host.start(installation);
  const records = { store: opened.store, recipes, now: Date.now };
  const page = metricsPage(records);
  return {
    page,
    refresh: async (name: string) => {
      const recipe = recipes.get(name);
      if (recipe === undefined) throw new Error(`there is no ${name}`);
      await start(backend, backend.installationId, recipe, {
        kind: "command",
        by: "test",
        id: name,
      });
    },
    [Symbol.asyncDispose]: async () => {
      await host.stop();
      opened.close();
    },
  };
}

/** The value of one line of the page; null: there is no such line. */
function valueOf(page: string, series: string): number | null {
  const line = page.split("\n").find((text) => text.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}

it("tells what ended, what the recipes hold, and what the clouds were asked", async () => {
  await using host = await openHost();
  await host.refresh("web");
  await host.refresh("lost");
  const ended = async () => {
    const page = await host.page.text();
    return [
      valueOf(page, 'regild_runs_total{recipe="web",outcome="succeeded"}'),
      valueOf(page, 'regild_runs_total{recipe="lost",outcome="failed"}'),
    ];
  };
  await expect.poll(ended, { timeout: 30_000 }).toEqual([1, 1]);

  const page = await host.page.text();
  const since = valueOf(page, 'regild_recipe_last_success_timestamp_seconds{recipe="web"}');
  expect(Math.abs((since ?? 0) - Date.now() / 1000)).toBeLessThan(60);
  expect(page).not.toContain('regild_recipe_last_success_timestamp_seconds{recipe="lost"}');
  expect(valueOf(page, 'regild_images{recipe="web"}')).toBe(1);
  expect(valueOf(page, 'regild_image_bytes{recipe="web"}')).toBeGreaterThan(0);
  expect(valueOf(page, 'regild_recipe_needs_attention{recipe="web"}')).toBe(0);
  expect(valueOf(page, 'regild_recipe_needs_attention{recipe="lost"}')).toBe(1);
  expect(
    valueOf(page, 'regild_recipe_next_start_timestamp_seconds{recipe="lost"}'),
  ).toBeGreaterThan(Date.now() / 1000);
  expect(page).not.toContain('regild_recipe_next_start_timestamp_seconds{recipe="web"}');
  expect(valueOf(page, "regild_runs_under_way")).toBe(0);
  expect(
    valueOf(page, 'regild_cloud_requests_total{cloud="sim",service="compute",status="202"}'),
  ).toBe(1);
  expect(valueOf(page, 'regild_upload_duration_seconds_count{recipe="web"}')).toBe(1);
  expect(valueOf(page, 'regild_step_duration_seconds_count{step="check-status"}')).toBe(1);
}, 60_000);

it("shows messages that wait, by queue", async () => {
  await using host = await openHost();
  const before = await host.page.text();
  expect(before).not.toContain('regild_queue_messages{queue="check-status"}');
  await host.refresh("web");
  await expect
    .poll(
      async () => valueOf(await host.page.text(), 'regild_queue_messages{queue="check-status"}'),
      {
        timeout: 20_000,
        interval: 50,
      },
    )
    .toBe(1);
}, 60_000);

it("every number of its own is explained in docs/monitoring.md", async () => {
  await using host = await openHost();
  const docs = readFileSync(new URL("../../docs/monitoring.md", import.meta.url), "utf8");
  const names = [...(await host.page.text()).matchAll(/^# TYPE (regild_\w+)/gm)].map(
    ([, name]) => name,
  );
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !docs.includes(`\`${name}\``))).toEqual([]);
});
