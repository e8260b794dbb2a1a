import { beforeAll, describe, expect, it } from "vitest";
import { NotFound } from "../../local/view/find-run.ts";
import { imagesPage, runNamed, runsPage } from "../../local/view/queries.ts";
import type { Records } from "../../local/view/read.ts";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import { type Run } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { DAY_MS, recipeState, image, NOW_MS, recipe, run, WEB } from "./records.ts";

const store = new SqliteStore(openDatabase(":memory:"));
const WEB_2 = recipe("web-2", "server: other");
const records: Records = {
  store,
  recipes: new Map([WEB, WEB_2, recipe("idle", "server: idle")].map((each) => [each.name, each])),
  now: () => NOW_MS,
};

async function stored(id: string, recipeName: string, fields: Partial<Run>): Promise<void> {
  const doc = run({ id, recipeName, ...fields });
  const day = doc.endedAtMs === null ? null : new Date(doc.endedAtMs).toISOString().slice(0, 10);
  const sweepAtMs = doc.endedAtMs === null ? NOW_MS + DAY_MS : null;
  const write = { key: runKey(id), writeId: id, sweepAtMs, day, expiresAtMs: null };
  await store.commit({ ...write, doc: JSON.stringify(doc) }, 0);
}

const ended = (daysAgo: number): Partial<Run> => ({
  outcome: "succeeded",
  startedAtMs: NOW_MS - daysAgo * DAY_MS,
  endedAtMs: NOW_MS - daysAgo * DAY_MS,
});

beforeAll(async () => {
  await stored("web-20261121-093000-aaaaaa", "web", ended(2));
  await stored("web-20261122-093000-bbbbbb", "web", ended(1));
  await stored("web-20261122-093500-cccccc", "web", { ...ended(1), outcome: "joined" });
  await stored("web-2-20261122-100000-dddddd", "web-2", ended(1));
  await stored("web-2-20261123-093000-eeeeee", "web-2", { startedAtMs: NOW_MS });
  const doc = JSON.stringify(recipeState({ images: ["a", "b", "c"].map((id) => image(id)) }));
  const rest = { sweepAtMs: null, day: null, expiresAtMs: null };
  await store.commit({ key: recipeStateKey("web"), writeId: "w", doc, ...rest }, 0);
});

describe("a run is found by", () => {
  it.each([
    ["the name of its recipe: the newest that did not join another", "web", "bbbbbb"],
    ["its id", "web-20261121-093000-aaaaaa", "aaaaaa"],
    ["a start of its id that no other has", "web-20261121", "aaaaaa"],
    ["a start, in a recipe whose name ends in a number", "web-2-20261123", "eeeeee"],
    ["its recipe, though that looks like a start of another's run", "web-2", "eeeeee"],
  ])("%s", async (_rule, name, suffix) => {
    const { run: found } = await runNamed(records, name);
    expect(found.id.slice(-6)).toBe(suffix);
  });

  it.each([
    ["a start that several have: they are listed", "web-2026", /web-20261122-093500-cccccc, web-2/],
    ["a name that nothing has", "wbe", /No recipe or run is named wbe/],
    ["the name of a recipe without a run", "idle", /idle has no run yet/],
    ["an id that nothing has", "web-20261121-093000-zzzzzz", /No recipe or run/],
  ])("but not by %s", async (_rule, name, message) => {
    const failed = runNamed(records, name);
    await expect(failed).rejects.toThrow(NotFound);
    await expect(failed).rejects.toThrow(message);
  });
});

describe("lists", () => {
  const idsOf = (page: { runs: Array<{ id: string }> }) => page.runs.map(({ id }) => id.slice(-6));

  it("of all runs begin with those at work, then go back day by day", async () => {
    const page = await runsPage(records, null, { limit: 20, after: null });
    expect(idsOf(page)).toEqual(["eeeeee", "dddddd", "cccccc", "bbbbbb", "aaaaaa"].toSorted(byAge));
    expect(page.next).toBeNull();
  });

  it("come in pages that follow each other without a gap", async () => {
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof runsPage>> = await runsPage(records, null, {
        limit: 2,
        after,
      });
      seen.push(...idsOf(page));
      after = page.next;
    } while (after !== null);
    expect(seen).toEqual(idsOf(await runsPage(records, null, { limit: 20, after: null })));
  });

  it("of one recipe hold its runs only", async () => {
    const page = await runsPage(records, "web", { limit: 2, after: null });
    expect(idsOf(page)).toEqual(["cccccc", "bbbbbb"]);
    expect(page.next).toBe("web-20261122-093000-bbbbbb");
  });

  it.each([
    ["those under way", { states: ["running"] as const }, ["eeeeee"]],
    ["those that joined", { states: ["joined"] as const }, ["cccccc"]],
    [
      "those of the last day and a half",
      { startedFromMs: NOW_MS - 1.5 * DAY_MS, states: ["succeeded"] as const },
      ["dddddd", "bbbbbb"],
    ],
  ])("hold only %s", async (_which, filter, suffixes) => {
    const page = await runsPage(records, null, { limit: 20, after: null }, filter);
    expect(idsOf(page).toSorted()).toEqual(suffixes.toSorted());
  });

  it("of images come in pages too", async () => {
    const first = await imagesPage(records, "web", { limit: 2, after: null });
    expect(first.images.map(({ id }) => id)).toEqual(["a", "b"]);
    const rest = await imagesPage(records, "web", { limit: 2, after: first.next });
    expect(rest).toMatchObject({ images: [{ id: "c" }], next: null });
  });

  it("are empty for a recipe that has none, and an error for a name that is no recipe's", async () => {
    expect((await runsPage(records, "idle", { limit: 2, after: null })).runs).toEqual([]);
    expect((await imagesPage(records, "idle", { limit: 2, after: null })).images).toEqual([]);
    await expect(runsPage(records, "idel", { limit: 2, after: null })).rejects.toThrow(NotFound);
    await expect(imagesPage(records, "idel", { limit: 2, after: null })).rejects.toThrow(NotFound);
  });

  it("refuse to go on after something that is not in them", async () => {
    await expect(runsPage(records, "web", { limit: 2, after: "x" })).rejects.toThrow(NotFound);
  });
});

/** Runs of one day by their start, so web-2's of 10:00 comes before those of 09:30; the suffixes rise with it. */
function byAge(a: string, b: string): number {
  return a < b ? 1 : -1;
}
