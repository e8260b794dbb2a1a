import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWorkplace, type Workplace } from "./workplace.ts";
import { pauseDocument } from "../../local/view/pause.ts";
import { scheduleDocument } from "../../local/view/schedule.ts";
import { statusDocument } from "../../local/view/status.ts";

const RECIPES = `
recipes:
  web: { cloud: demo, server: web, keep: 1, cooling_off: 0s, schedule: [{ cron: "0 * * * *" }] }
  data: { cloud: demo, volume: data }
`;

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
  place.write("recipes.yml", RECIPES);
}, 60_000);
afterAll(() => place[Symbol.asyncDispose]());

function images(): number {
  place.cloud.settle();
  return [...place.cloud.world.firstZone.images.values()].filter(({ name }) => name !== "base")
    .length;
}

describe("regild pause", { timeout: 120_000 }, () => {
  it("stands in status and schedule, before the recipe has ever run", async () => {
    const args = ["--for", "90m", "--reason", "the storage moves"];
    const { status, out } = await place.regild("pause", "web", ...args, "-o", "json");
    expect(status).toBe(0);
    const paused = pauseDocument.parse(JSON.parse(out)).recipes[0]?.paused;
    expect(paused).toMatchObject({ scope: "everything", reason: "the storage moves" });
    const json = await place.regild("status", "-o", "json");
    const [web, data] = statusDocument.parse(JSON.parse(json.out)).recipes;
    expect(web).toMatchObject({ paused, needs_you: false });
    expect(Date.parse(web?.next_start_at ?? "")).toBeGreaterThanOrEqual(
      Date.parse(paused?.until ?? ""),
    );
    expect(data?.paused).toBeNull();
    const text = await place.regild("status");
    expect(text.out).toMatch(/web: paused until .*: the storage moves\. regild resume web ends it/);
    const starts = await place.regild("schedule", "web", "--limit", "3", "-o", "json");
    const notes = scheduleDocument.parse(JSON.parse(starts.out)).starts.map((start) => start.notes);
    expect(notes[0]).toEqual([{ kind: "paused", other: null, other_at: null }]);
    expect(notes[2]).toEqual([]);
  });

  it("refuses a refresh by hand with the way, and --even-if-paused makes an image", async () => {
    const refused = await place.regild("refresh", "web", "data", "--wait");
    expect(refused.err).toContain("web is paused by");
    expect(refused.err).toContain("--even-if-paused");
    expect(refused.status).toBe(6);
    expect(images()).toBe(0);
    const made = await place.regild("refresh", "web", "--wait", "--even-if-paused");
    expect(made.status).toBe(0);
    expect(images()).toBe(1);
  });

  it("keeps the old image until it is resumed, and says why", async () => {
    expect((await place.regild("refresh", "web", "--wait", "--even-if-paused")).status).toBe(0);
    expect(images()).toBe(2);
    expect((await place.regild("images", "web")).out).toMatch(/not deleted: paused by .* moves/);
    expect((await place.regild("rollback", "web", "--yes")).status).toBe(0);
    const { out } = await place.regild("resume", "web", "data");
    expect(out).toContain("web: resumed. Next start");
    expect(out).toContain("data is not paused");
    expect((await place.regild("refresh", "web", "--wait")).status).toBe(0);
    expect(images()).toBe(1);
  });

  it.each([
    [["pause", "web"], "--reason"],
    [["pause", "--reason", "x"], "No recipe is named"],
    [["pause", "web", "--all", "--reason", "x"], "are both given"],
    [["pause", "wbe", "--reason", "x"], "No recipe or run is named wbe"],
    [["pause", "web", "--reason", " "], "--reason is empty"],
    [["pause", "web", "--reason", "x", "--until", "2020-01-01"], "in the past"],
    [["pause", "web", "--reason", "x", "--until", "soon"], "Write a time"],
    [["pause", "web", "--reason", "x", "--for", "1h", "--until", "23:59"], "cannot be used with"],
  ] as const)("%j is refused", async (args, message) => {
    const { status, err } = await place.regild(...args);
    expect(err).toContain(message);
    expect(status).toBe(2);
    const { out } = await place.regild("status", "-o", "json");
    for (const { paused } of statusDocument.parse(JSON.parse(out)).recipes)
      expect(paused).toBeNull();
  });
});
