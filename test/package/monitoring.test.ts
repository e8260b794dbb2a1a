import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, inject, it } from "vitest";
import * as z from "zod/mini";
import { randomIds } from "../../local/ids.ts";
import { LOCAL_TIMING } from "../../local/installation.ts";
import { checkFreshness } from "../../shared/protocol/check-freshness.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { openWorkplace } from "../cli/workplace.ts";

const DAY_MS = 24 * 3_600_000;
const alerts = readFileSync(
  new URL("../../packaging/prometheus/regild-alerts.yml", import.meta.url),
  "utf8",
);

const folder = mkdtempSync(join(tmpdir(), "regild-prometheus-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Debian's promtool, which says what Prometheus would. */
function promtool(args: string[], input = "") {
  const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8", input });
  return { status, said: `${stdout}${stderr}` };
}

describe("the alert rules", () => {
  it("are rules that Prometheus takes", () => {
    const good = promtool(["check", "rules", fileOf("good.yml", alerts)]);
    expect(good).toMatchObject({ status: 0, said: expect.stringContaining("5 rules found") });
    const misspelt = alerts.replace("for: 10m", "after: 10m");
    expect(promtool(["check", "rules", fileOf("misspelt.yml", misspelt)]).status).toBe(1);
  });

  it.each([
    ["a host that does not answer", 'up{job="regild"}', "0", "6m", "RegildHostDown"],
    ["an overdue recipe", 'regild_recipe_overdue{recipe="web"}', "1", "1m", "RegildRecipeOverdue"],
    [
      "a failed run",
      'regild_recipe_needs_attention{recipe="web"}',
      "1",
      "11m",
      "RegildRecipeNeedsAttention",
    ],
    ["stuck messages", "regild_stuck_dead_letters", "2", "6m", "RegildMessagesStuck"],
    [
      "a queue that nobody works off",
      'regild_queue_oldest_message_age_seconds{queue="sweep"}',
      "1000",
      "6m",
      "RegildQueueStandsStill",
    ],
  ])("call somebody for %s, and only for that", (_, series, value, at, alert) => {
    fileOf("rules.yml", alerts);
    const up = 'up{job="regild"}';
    const others = series === up ? [] : [{ series: up, values: "1+0x30" }];
    const test = {
      rule_files: ["rules.yml"],
      evaluation_interval: "1m",
      tests: [
        {
          interval: "1m",
          input_series: [{ series, values: `${value}+0x30` }, ...others],
          promql_expr_test: [
            {
              expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
              eval_time: at,
              exp_samples: [{ labels: `{alertname="${alert}"}`, value: 1 }],
            },
          ],
        },
      ],
    };
    expect(promtool(["test", "rules", fileOf("test.yml", JSON.stringify(test))])).toMatchObject({
      status: 0,
    });
  });
});

const RECIPES = `
recipes:
  web: { cloud: demo, server: web }
  late: { cloud: demo, server: nowhere, schedule: [{ cron: "0 3 * * *" }] }
`;

describe("Debian's Prometheus", () => {
  it("scrapes regild serve, and its alerts fire for an overdue recipe and a stopped host", async () => {
    await using place = await openWorkplace({}, {}, [inject("executable")]);
    place.write("recipes.yml", RECIPES);
    await seenDaysAgo(join(place.folder, "regild.sqlite"));
    const host = place.begin("serve", "--listen", "127.0.0.1:0");
    await host.said('"url":"http://');
    const target = /"url":"http:\/\/([\d.:]+)"/.exec(host.out())?.[1] ?? "";
    const page = await (await fetch(`http://${target}/metrics`)).text();
    expect(promtool(["check", "metrics"], page)).toEqual({ status: 0, said: "" });

    const prometheus = await startPrometheus(target);
    try {
      await expect
        .poll(() => prometheus.firing(), { timeout: 60_000, interval: 500 })
        .toContain("RegildRecipeOverdue late");
      expect((await prometheus.firing()).join()).not.toContain("RegildHostDown");
      expect((await prometheus.firing()).join()).not.toContain("web");
      host.kill("SIGKILL");
      await expect
        .poll(() => prometheus.firing(), { timeout: 60_000, interval: 500 })
        .toContain("RegildHostDown");
    } finally {
      await prometheus.stop();
    }
  });
});

/** A host saw these recipes three days ago, and no image has been made since. */
async function seenDaysAgo(dataFile: string): Promise<void> {
  const loaded = loadRecipes(RECIPES, "recipes.yml");
  if ("problems" in loaded) throw new Error("these recipes are good");
  const db = openDatabase(dataFile);
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const on = { store: new SqliteStore(db), ids: randomIds, log, timing: LOCAL_TIMING };
  await checkFreshness({ ...on, now: () => Date.now() - 3 * DAY_MS }, loaded.recipes);
  db.close();
}

const alertsSchema = z.object({
  data: z.object({
    alerts: z.array(z.object({ state: z.string(), labels: z.record(z.string(), z.string()) })),
  }),
});

/** It scrapes each second, and waits a second where the rules wait minutes. */
async function startPrometheus(target: string) {
  fileOf("quick.yml", alerts.replaceAll(/for: \d+m/g, "for: 1s"));
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: ["quick.yml"],
    scrape_configs: [{ job_name: "regild", static_configs: [{ targets: [target] }] }],
  };
  const address = `127.0.0.1:${await freePort()}`;
  const child: ChildProcess = spawn(
    "prometheus",
    [
      `--config.file=${fileOf("prometheus.yml", JSON.stringify(config))}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=${address}`,
    ],
    { stdio: "ignore" },
  );
  return {
    firing: async (): Promise<string[]> => {
      const answer = await fetch(`http://${address}/api/v1/alerts`).catch(() => null);
      if (answer?.ok !== true) return [];
      const { data } = alertsSchema.parse(await answer.json());
      return data.alerts
        .filter(({ state }) => state === "firing")
        .map(({ labels }) => [labels["alertname"], labels["recipe"]].filter(Boolean).join(" "));
    },
    stop: async (): Promise<void> => {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === "string") throw new Error("not a port");
  return address.port;
}
