import { describe, expect, it } from "vitest";
import { paint } from "../../local/cli/text/paint.ts";
import { runsText } from "../../local/cli/text/runs.ts";
import { needsYou, statusText } from "../../local/cli/text/status.ts";
import { viewRun } from "../../local/view/run.ts";
import { recipeStatusSchema, viewRecipe } from "../../local/view/status.ts";
import type { Run } from "../../shared/run/record.ts";
import {
  candidate,
  DAY_MS,
  recipeState,
  HOUR_MS,
  image,
  MINUTE_MS,
  NOW_MS,
  recipe,
  run,
  WEB,
} from "./records.ts";

process.env["TZ"] = "UTC";
const plain = paint(false);

const SUCCEEDED: Partial<Run> = {
  outcome: "succeeded",
  promoted: true,
  candidate: candidate(),
  imageName: "web-20261123-k3f9q2",
  endedAtMs: NOW_MS - MINUTE_MS,
};
const FAILED: Partial<Run> = {
  id: "db-20261122-040000-b7x2wd",
  recipeName: "db",
  trigger: { kind: "schedule", by: "schedule", id: "t" },
  startedAtMs: NOW_MS - 29 * HOUR_MS,
  endedAtMs: NOW_MS - 28 * HOUR_MS,
  outcome: "failed",
  step: "abandon",
  failure: {
    code: "image-vanished",
    message: "The cloud deleted the image.",
    remedy: "Ask the operator",
    step: "check-status",
    atMs: NOW_MS - 28 * HOUR_MS,
    evidence: [],
  },
};
const UPLOADING: Partial<Run> = {
  id: "runner-20261123-092100-m4c81t",
  recipeName: "runner",
  startedAtMs: NOW_MS - 13 * MINUTE_MS,
  step: "check-status",
  candidate: candidate({ askedAtMs: NOW_MS - 8 * MINUTE_MS }),
};

const DB = recipe("db", 'server: db, schedule: [{ cron: "0 4 * * SUN" }]');
const RUNNER = recipe("runner", "server: build");

const current = (ageMs: number, name: string) =>
  recipeState({
    current: "a",
    images: [
      image("a", {
        name,
        state: "current",
        candidateAtMs: NOW_MS - ageMs,
        promotedAtMs: NOW_MS - ageMs,
      }),
    ],
    uploadSeconds: [1100, 1200, 1300],
  });

const IN_TIME = { overdue: null, overdueAtMs: NOW_MS + 6 * DAY_MS };

const record = (fields: Partial<Run>, cancelAtMs: number | null = null) => ({
  run: run(fields),
  cancelAtMs,
});

describe("regild status", () => {
  const recipes = [
    viewRecipe(
      {
        recipe: WEB,
        recipeState: current(3 * MINUTE_MS, "web-20261123-k3f9q2"),
        assessed: IN_TIME,
        lastRun: record(SUCCEEDED),
      },
      NOW_MS,
    ),
    viewRecipe(
      {
        recipe: DB,
        recipeState: current(8 * DAY_MS, "db-41-20261115"),
        assessed: IN_TIME,
        lastRun: record(FAILED),
      },
      NOW_MS,
    ),
    viewRecipe(
      {
        recipe: RUNNER,
        recipeState: current(2 * HOUR_MS, "runner-1.4.1-p07xza"),
        assessed: IN_TIME,
        lastRun: record(UPLOADING),
      },
      NOW_MS,
    ),
    viewRecipe(
      {
        recipe: recipe("new", "volume: data"),
        recipeState: null,
        assessed: IN_TIME,
        lastRun: null,
      },
      NOW_MS,
    ),
  ];

  it("has one line for each recipe: what is current, how fresh, what happened last", () => {
    expect(statusText(recipes, NOW_MS, plain)).toEqual([
      "RECIPE  CURRENT              SINCE  FRESH               LAST RUN                       NEXT START     STATE",
      "web     web-20261123-k3f9q2  3 min  ok                  web-20261123-093000-k3f9q2     Tue 02:30 UTC  succeeded",
      "db      db-41-20261115       8 d    ok, overdue in 6 d  db-20261122-040000-b7x2wd      Sun 04:00 UTC  FAILED image-vanished",
      "runner  runner-1.4.1-p07xza  2 h    no schedule         runner-20261123-092100-m4c81t  –              check-status, about 12 min left",
      "new     –                    –      no schedule         –                              –              no run yet",
    ]);
  });

  it("names the first recipe that needs somebody, and how many do", () => {
    expect(needsYou(recipes)).toBe("1 recipe needs you: regild status db");
    expect(needsYou(recipes.filter((each) => each.recipe !== "db"))).toBeNull();
  });

  it("writes documents that the schema describes", () => {
    for (const view of recipes) expect(recipeStatusSchema.parse(view)).toEqual(view);
  });

  it("asks for somebody when no image is current any more", () => {
    const revoked = { by: "anna (cli)", reason: "a key", atMs: NOW_MS };
    const before = current(DAY_MS, "web-old");
    const images = before.images.map((image) => ({ ...image, state: "retired" as const, revoked }));
    const assessed = { overdue: null, overdueAtMs: null };
    const viewOf = (recipeState: typeof before | null) =>
      viewRecipe({ recipe: WEB, recipeState, assessed, lastRun: record(SUCCEEDED) }, NOW_MS);
    expect(viewOf({ ...before, current: null, images })).toMatchObject({
      lost_current: true,
      needs_you: true,
    });
    expect(viewOf(before)).toMatchObject({ lost_current: false, needs_you: false });
    expect(viewOf(null)).toMatchObject({ lost_current: false, needs_you: false });
  });

  it("asks for somebody when a recipe is overdue, whatever the last run says", () => {
    const due = new Date(NOW_MS - 7 * DAY_MS - 6 * HOUR_MS).toISOString();
    const assessed = {
      overdue: { recipe: "web", due, refreshed: null },
      overdueAtMs: NOW_MS - 7 * DAY_MS,
    };
    const inventory = current(9 * DAY_MS, "web-old");
    const view = viewRecipe(
      { recipe: WEB, recipeState: inventory, assessed, lastRun: record(SUCCEEDED) },
      NOW_MS,
    );
    expect(view.fresh).toMatchObject({ state: "overdue", missed_start: due });
    expect(view.needs_you).toBe(true);
    expect(statusText([view], NOW_MS, plain)[1]).toContain("OVERDUE for 7 d");
  });
});

const told = (text: string): Run["timeline"][number] => {
  const is = { step: "prepare-source", kind: "step" } as const;
  return { atMs: NOW_MS, ...is, text, count: 1, calls: [] };
};

describe("a run in one line", () => {
  it.each<[string, Partial<Run>, string]>([
    ["succeeded", SUCCEEDED, "succeeded → 5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77"],
    ["failed", FAILED, "FAILED image-vanished"],
    ["at work", UPLOADING, "check-status, deadline 15:30 UTC"],
    [
      "queued",
      { queuedAtMs: NOW_MS, seq: 0, timeline: [told("queued: waits for web-x")] },
      "queued: waits for web-x",
    ],
    [
      "skipped",
      { outcome: "skipped", endedAtMs: NOW_MS, timeline: [told("skipped: web-x is under way")] },
      "skipped: web-x is under way",
    ],
    ["joined", { outcome: "joined", joinedRunId: "web-x", endedAtMs: NOW_MS }, "joined web-x"],
    [
      "being undone",
      { ...FAILED, outcome: null, endedAtMs: null },
      "abandon, undoes what it did: image-vanished",
    ],
  ])("says when it is %s", (_state, fields, result) => {
    const view = viewRun(record(fields), null, NOW_MS);
    expect(runsText([view], NOW_MS, plain)[1]).toContain(result);
  });

  it("is viewed once after it has ended, and again and again before", () => {
    const ended = record({ outcome: "succeeded", endedAtMs: NOW_MS });
    const view = viewRun(ended, null, NOW_MS);
    expect(viewRun(ended, null, NOW_MS + DAY_MS)).toBe(view);
    const atWork = record(UPLOADING);
    const earlier = viewRun(atWork, null, NOW_MS).elapsed_seconds;
    expect(viewRun(atWork, null, NOW_MS + 1000).elapsed_seconds).toBe(earlier + 1);
  });

  it("names who started it, when, and how long it took or has taken so far", () => {
    const hooked: Partial<Run> = { trigger: { kind: "webhook", by: "ci", id: "ci 1" } };
    const records = [record(UPLOADING), record(FAILED), record({ ...UPLOADING, ...hooked })];
    const runs = records.map((r) => viewRun(r, null, NOW_MS));
    expect(runsText(runs, NOW_MS, plain)).toEqual([
      "RUN                            TRIGGER     STARTED          TOOK           RESULT",
      "runner-20261123-092100-m4c81t  anna (cli)  today 09:21 UTC  13 min so far  check-status, deadline 15:30 UTC",
      "db-20261122-040000-b7x2wd      schedule    Sun 04:34 UTC    1 h            FAILED image-vanished",
      "runner-20261123-092100-m4c81t  webhook ci  today 09:21 UTC  13 min so far  check-status, deadline 15:30 UTC",
    ]);
  });

  it("says that it is being cancelled, until its image is promoted", () => {
    expect(viewRun(record(UPLOADING, NOW_MS), null, NOW_MS).state).toBe("cancelling");
    const promoted = record({ ...UPLOADING, promoted: true }, NOW_MS);
    expect(viewRun(promoted, null, NOW_MS).state).toBe("running");
  });

  it("says how much of its copies Regild has sent, while it sends them", () => {
    const zone = (name: string, sentBytes: number | null) => ({
      zone: name,
      registeredAtMs: NOW_MS,
      way: "stream" as const,
      fetches: 1,
      sentBytes,
      brokenSinceMs: null,
      missingSinceMs: null,
    });
    const sending: Partial<Run> = {
      ...UPLOADING,
      step: "distribute",
      candidate: candidate({ sizeBytes: 2 ** 31 }),
      copies: [zone("az2", 2 ** 29), zone("az3", 2 ** 30), zone("az4", null)],
    };
    const view = viewRun(record(sending), null, NOW_MS);
    expect(view.sent).toEqual({ bytes: 3 * 2 ** 29, of_bytes: 2 ** 32 });
    expect(runsText([view], NOW_MS, plain).at(-1)).toMatch(
      /distribute, 1\.5 GiB of 4\.0 GiB sent$/,
    );
    const after = record({ ...sending, step: "validate-sync" });
    expect(viewRun(after, null, NOW_MS).sent).toBeNull();
    const over = record({ ...sending, outcome: "failed", endedAtMs: NOW_MS });
    expect(viewRun(over, null, NOW_MS).sent).toBeNull();
  });

  it("expects nothing any more of an upload that takes longer than the earlier ones", () => {
    const late = record({
      ...UPLOADING,
      candidate: candidate({ askedAtMs: NOW_MS - 21 * MINUTE_MS }),
    });
    expect(viewRun(late, current(DAY_MS, "x"), NOW_MS).expected_left_seconds).toBeNull();
  });
});
