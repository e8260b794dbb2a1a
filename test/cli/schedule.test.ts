import { describe, expect, it } from "vitest";
import { scheduleDocument, scheduledStarts } from "../../local/view/schedule.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import { openWorkplace } from "./workplace.ts";

/** The evening before the clocks of Berlin go back. */
const SATURDAY = Date.UTC(2026, 9, 24, 20);
const DAY_MS = 24 * 3_600_000;

function plan(recipes: string, usual: Record<string, number> = {}, most = 100) {
  const read = loadRecipes(`defaults: { cloud: demo }\nrecipes:\n${recipes}`, "");
  if ("problems" in read) throw new Error(JSON.stringify(read.problems));
  return scheduledStarts(read.recipes.values(), {
    fromMs: SATURDAY,
    untilMs: SATURDAY + DAY_MS,
    most,
    usualSeconds: ({ name }) => usual[name] ?? null,
  });
}

const told = ({ starts }: ReturnType<typeof plan>) =>
  starts.map(({ recipe, at, local_time: local, notes }) =>
    [
      recipe,
      at.slice(5, 16),
      local.slice(5),
      ...notes.map(({ kind, other }) => `${kind} ${other ?? ""}`.trim()),
    ].join(" | "),
  );

describe("the starts ahead", () => {
  it("are in the order of time, each in the zone of its schedule", () => {
    expect(
      told(
        plan(`
  web: { server: web, schedule: [{ cron: "30 2 * * *", timezone: Europe/Berlin }] }
  db: { volume: db, schedule: [{ cron: "0 0 * * *" }] }`),
      ),
    ).toEqual(["db | 10-25T00:00 | 10-25 00:00", "web | 10-25T00:30 | 10-25 02:30"]);
  });

  it("say where the clocks go back and an hour comes twice", () => {
    const hourly = `  web: { server: web, schedule: [{ cron: "30 * * * *", timezone: Europe/Berlin }] }`;
    const twice = told(plan(hourly)).filter((line) => line.includes("repeated_hour"));
    expect(twice).toEqual(["web | 10-25T01:30 | 10-25 02:30 | repeated_hour"]);
  });

  it("say where two entries of a recipe meet: one run does for both", () => {
    const lines = told(
      plan(`  web: { server: web, schedule: [{ cron: "0 4 * * *" }, { cron: "0 4 * * SUN" }] }`),
    );
    expect(lines).toEqual(["web | 10-25T04:00 | 10-25 04:00 | double 0 4 * * SUN"]);
  });

  it("say which run is usually still at work when the next one starts", () => {
    const every = `  web: { server: web, schedule: [{ cron: "0 4,5 * * *" }] }`;
    expect(told(plan(every, { web: 3599 })).at(-1)).not.toContain("joins");
    expect(told(plan(every, { web: 3601 })).at(-1)).toContain("joins web");
    expect(told(plan(every)).at(-1)).not.toContain("joins");
  });

  it("say which recipes take images of one server at the same time", () => {
    const two = `
  a: { server: web, schedule: [{ cron: "0 4 * * *" }] }
  b: { server: web, capture: root_volume, schedule: [{ cron: "0 4 * * *" }] }
  c: { server: other, schedule: [{ cron: "0 4 * * *" }] }`;
    expect(told(plan(two))).toEqual([
      "a | 10-25T04:00 | 10-25 04:00",
      "b | 10-25T04:00 | 10-25 04:00 | same_source a",
      "c | 10-25T04:00 | 10-25 04:00",
    ]);
    const later = two.replace(
      'b: { server: web, capture: root_volume, schedule: [{ cron: "0 4',
      'b: { server: web, capture: root_volume, schedule: [{ cron: "10 4',
    );
    expect(told(plan(later, { a: 900 }))[2]).toContain("same_source a");
    expect(told(plan(later, { a: 300 }))[2]).not.toContain("same_source");
  });

  it("are cut at the limit", () => {
    const { starts, isCut } = plan(
      `  web: { server: web, schedule: [{ cron: "* * * * *" }] }`,
      {},
      5,
    );
    expect([starts.length, isCut]).toEqual([5, true]);
  });
});

describe("regild schedule", () => {
  it("needs no data file, and names recipes without a schedule", async () => {
    await using place = await openWorkplace();
    place.write(
      "recipes.yml",
      'defaults: { cloud: demo }\nrecipes: { web: { server: web, schedule: [{ cron: "30 2 * * *" }] }, data: { volume: data } }',
    );
    const { status, out, err } = await place.regild("schedule", "--days", "2");
    expect(status).toBe(0);
    expect(out.trim().split("\n")).toHaveLength(3);
    expect(out).toMatch(/02:30 UTC +web +30 2 \* \* \* +\d{4}-\d\d-\d\d 02:30 UTC/);
    expect(err).toBe("Without a schedule: data\n");
    const json = await place.regild("schedule", "web", "-o", "json");
    const document = scheduleDocument.parse(JSON.parse(json.out));
    expect(document.starts).toHaveLength(7);
    expect(document).toMatchObject({ is_cut: false, without_schedule: [] });
    const values = await place.regild("schedule", "-o", "value", "-c", "RECIPE");
    expect(values.out).toBe("web\n".repeat(7));
    expect(await place.regild("schedule", "wep")).toMatchObject({ status: 2 });
  });
});
