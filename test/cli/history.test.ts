import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { historyDocument, historyOf } from "../../local/view/history.ts";
import { historyText } from "../../local/cli/text/history.ts";
import { HOUR, inventoryImage, NOW, recipeState } from "../unit/builders.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

describe("regild history", { timeout: 60_000 }, () => {
  let place: Workplace;
  /** Oldest first. */
  let ids: string[] = [];

  beforeAll(async () => {
    place = await openWorkplace();
    for (let n = 0; n < 3; n++) await place.regild("refresh", "web", "--wait");
    place.cloud.settle();
    ids = [...place.cloud.world.firstZone.images.values()]
      .filter(({ name }) => name !== "base")
      .map(({ id }) => id);
    await place.regild("rollback", "web", "--reason", "no network");
    await place.regild("revoke", ids[1] ?? "", "--reason", "a key was in it");
    place.cloud.operator.deleteImage(ids[2] ?? "");
    place.write(
      "recipes.yml",
      "recipes: { web: { cloud: demo, server: web, keep: 1, cooling_off: 0s }, data: { cloud: demo, volume: data } }",
    );
    await place.regild("refresh", "web", "--wait");
  }, 240_000);
  afterAll(() => place[Symbol.asyncDispose]());

  async function events(...args: string[]) {
    const { out } = await place.regild("history", "web", "-o", "json", ...args);
    return historyDocument.parse(JSON.parse(out));
  }

  it("tells which image replaced which, and why each went", async () => {
    const list = (await events()).events.toReversed();
    const told = list.map(({ kind, image, from, to }) => [kind, image?.id, from?.id, to?.id]);
    const fresh = told.findLast(([kind]) => kind === "promoted")?.[1];
    expect(told.slice(0, 6)).toEqual([
      ["promoted", ids[0], undefined, ids[0]],
      ["promoted", ids[1], ids[0], ids[1]],
      ["promoted", ids[2], ids[1], ids[2]],
      ["rolled-back", ids[1], ids[2], ids[1]],
      ["revoked", ids[1], ids[1], ids[0]],
      ["promoted", fresh, ids[0], fresh],
    ]);
    const gone = new Map(list.map((event) => [`${event.kind} ${event.image?.id ?? ""}`, event]));
    expect(gone.get(`deleted ${ids[1] ?? ""}`)).toMatchObject({
      by: "regild",
      reason: expect.stringMatching(/^revoked by .*: a key was in it$/),
    });
    expect(gone.get(`rolled-back ${ids[1] ?? ""}`)).toMatchObject({
      by: expect.stringContaining("(cli)"),
      reason: "no network",
    });
  });

  it("pages, and names the columns", async () => {
    const first = await events("--limit", "2");
    expect(first.events).toHaveLength(2);
    const rest = await events("--limit", "50", "--after", first.next ?? "");
    expect([...first.events, ...rest.events]).toEqual((await events("--limit", "50")).events);
    const { out } = await place.regild("history", "web", "-o", "value", "-c", "WHAT", "-c", "WHY");
    expect(out).toContain("current again no network");
  });

  it("of a recipe without an image says so, and refuses a misspelt name", async () => {
    expect(await place.regild("history", "data")).toMatchObject({
      status: 0,
      out: "No image of data has become current yet.\n",
    });
    const { status, err } = await place.regild("history", "wbe");
    expect(err).toContain("No recipe or run is named wbe");
    expect(status).toBe(2);
  });
});

describe("the history", () => {
  const text = (state: Parameters<typeof historyOf>[0]) =>
    historyText({ recipe: "web", requests: [], events: historyOf(state) }, NOW);

  it("has the promotions of a record that an earlier version wrote without a list of changes", () => {
    const old = inventoryImage({ id: "a", state: "retired", promotedAtMs: NOW - 3 * HOUR });
    const next = { ...inventoryImage({ id: "b", state: "current" }), replaces: "a" };
    const lines = text(recipeState({ current: "b", images: [old, { ...next, run: "run-b" }] }));
    expect(lines[1]).toMatch(/became current +web-a +– /);
    expect(lines[2]).toMatch(/became current +web-b +web-a +run-b/);
  });

  it("tells apart what Regild deleted, what others deleted, and what was gone before the answer", () => {
    const promotedAtMs = NOW - 9 * HOUR;
    const gone = { state: "gone" as const, promotedAtMs };
    const lines = text(
      recipeState({
        images: [
          inventoryImage({ ...gone, id: "a", deletedAtMs: NOW, reason: "older than the 3" }),
          inventoryImage({ ...gone, id: "b", reason: "deleted by somebody else" }),
          inventoryImage({ ...gone, id: "c", reason: "older than the 3" }),
          inventoryImage({ id: "d", state: "gone", promotedAtMs: null, reason: "its run failed" }),
        ],
      }),
    );
    const of = (name: string, what: string) =>
      lines.filter((line) => line.includes(`${what} `) && line.includes(name));
    expect(of("web-a", "deleted")[0]).toMatch(/regild +older than the 3$/);
    expect(of("web-b", "deleted outside Regild")).toHaveLength(1);
    expect(of("web-c", "deleted")[0]).toContain("gone before the cloud confirmed");
    expect(lines.join("\n")).not.toContain("web-d");
  });
});
