import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { HostMetrics } from "../../local/metrics/host-metrics.ts";
import { storeMetrics } from "../../local/metrics/store-metrics.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";

const dashboardSchema = z.looseObject({
  uid: z.literal("regild"),
  templating: z.object({
    list: z.array(z.looseObject({ name: z.string(), query: z.unknown() })),
  }),
  panels: z.array(
    z.looseObject({
      id: z.int(),
      title: z.string(),
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      targets: z.array(z.looseObject({ expr: z.string() })),
    }),
  ),
});
const dashboard = dashboardSchema.parse(
  JSON.parse(readFileSync(new URL("../../packaging/grafana/regild.json", import.meta.url), "utf8")),
);
const expressions = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => [title, filled(expr)] as const),
);

const folder = mkdtempSync(join(tmpdir(), "regild-grafana-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** As Grafana fills the variables in. */
function filled(expr: string): string {
  return expr.replaceAll("$job", "regild").replaceAll("$recipe", ".*");
}

/** Debian's promtool takes an expression as a rule. */
function problemsOf(expr: string): string | null {
  const rules = { groups: [{ name: "dashboard", rules: [{ record: "panel", expr }] }] };
  const path = join(folder, "rules.yml");
  writeFileSync(path, JSON.stringify(rules));
  const { status, stderr, stdout } = spawnSync("promtool", ["check", "rules", path], {
    encoding: "utf8",
  });
  return status === 0 ? null : `${stdout}${stderr}`;
}

describe("the Grafana dashboard", () => {
  it.each(expressions)("%s: %s is an expression that Prometheus takes", (_title, expr) => {
    expect(expr).not.toContain("$");
    expect(problemsOf(expr)).toBeNull();
  });

  it("a misspelt expression is found", () => {
    expect(problemsOf("sum by outcome (regild_runs_total")).not.toBeNull();
  });

  it("asks for numbers that the host has, and shows every one of them", async () => {
    const db = openDatabase(":memory:");
    const [store, queue] = [new SqliteStore(db), new SqliteQueue(db, Date.now)];
    const metrics = new HostMetrics();
    await storeMetrics(metrics, { records: { store, recipes: new Map(), now: Date.now }, queue })();
    const names = metrics.registry.getMetricsAsArray().map(({ name }) => name);
    const asked = expressions.flatMap(([, expr]) =>
      Array.from(expr.matchAll(/\b(regild|nodejs|process)_\w+/g), ([name]) => name),
    );
    const known = new Set([
      ...names,
      ...names.flatMap((name) => ["_bucket", "_sum", "_count"].map((end) => `${name}${end}`)),
    ]);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
    const shown = (name: string) => asked.some((each) => each.startsWith(name));
    const ours = names.filter((name) => name.startsWith("regild_"));
    expect(ours.length).toBeGreaterThan(14);
    expect(ours.filter((name) => !shown(name))).toEqual([]);
  });

  it("has each panel once, beside the others and not over them", () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    const overlaps = panels.flatMap(({ title, gridPos: a }, index) =>
      panels
        .slice(index + 1)
        .filter(
          ({ gridPos: b }) =>
            a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h,
        )
        .map((other) => `${title} and ${other.title}`),
    );
    expect(overlaps).toEqual([]);
  });
});
