import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { handler as checkStatus } from "../../functions/check-status/handler.ts";
import { handler as onSchedule } from "../../functions/on-schedule/handler.ts";
import { handler as sweep } from "../../functions/sweep/handler.ts";
import type { SQSEvent } from "aws-lambda";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import {
  recipeState,
  HOUR,
  MINUTE,
  NOW,
  recipe,
  run,
  sourceItem,
  timing,
} from "../unit/builders.ts";
import { Installation, readSample, sqsSample } from "./installation.ts";
import { stage } from "./stage.ts";

const scheduledEvent = z.looseObject({ "detail-type": z.literal("Scheduled Event") });
const tickOf = (name: string) => scheduledEvent.parse(JSON.parse(readSample(name)));

describe("the sweep", () => {
  const tick = tickOf("sweep/tick");
  const KEY = runKey(run().id);

  it.each([
    ["a run", KEY, run({ step: "validate-sync" }), "validate-sync"],
    ["a recipe's state", { pk: "R#web", sk: "head" }, { anything: 1 }, "retire-images"],
    ["a source", { pk: "S#server-1", sk: "lock" }, sourceItem(), "restore-source"],
  ])("sends %s that is due to the function that looks at it", async (_what, key, doc, queue) => {
    const on = new Installation();
    on.put(key, doc, 5, { sweepAtMs: NOW });
    expect(await on.call(sweep, tick)).toEqual({ sent: 1 });
    expect(on.sent).toEqual([{ queue, request: { key, version: 5 }, delaySeconds: 0 }]);
  });

  it.each([
    ["one in its grace", 1 - timing.graceMs, null, "abandon"],
    ["an overdue one", -timing.graceMs, null, "check-status"],
    ["an overdue one, hours later", -timing.graceMs - 5 * HOUR, null, "check-status"],
    ["one that has ended", -timing.graceMs, "failed" as const, "abandon"],
  ])("sends %s where no cloud keeps it waiting", async (_what, leftMs, outcome, queue) => {
    const on = new Installation();
    const deadlineAtMs = NOW + leftMs;
    on.putRun(run({ step: "abandon", deadlineAtMs, outcome }), 5, { sweepAtMs: NOW });
    await on.call(sweep, tick);
    expect(on.sent).toMatchObject([{ queue }]);
  });

  it("counts what it sends on, runs apart from what is sent on as a matter of course", async () => {
    const on = new Installation();
    on.putRun(run(), 5, { sweepAtMs: NOW });
    on.put({ pk: "R#web", sk: "head" }, {}, 5, { sweepAtMs: NOW });
    on.put({ pk: "R#db", sk: "head" }, {}, 5, { sweepAtMs: NOW });
    await on.call(sweep, tick);
    expect(on.measured.splice(0)).toEqual([
      [{ regild_sweep_sent_on_total: 1 }, { kind: "run" }],
      [{ regild_sweep_sent_on_total: 2 }, { kind: "recipe" }],
    ]);
    await on.call(sweep, tick);
    expect(on.measured).toEqual([]);
  });

  it("sends it on once a minute at most, however often it runs", async () => {
    const on = new Installation();
    on.putRun(run(), 5, { sweepAtMs: NOW });
    for (const [afterMs, sent] of [
      [0, 1],
      [0, 0],
      [MINUTE - 1, 0],
      [MINUTE, 1],
    ] as const) {
      on.nowMs = NOW + afterMs;
      expect(await on.call(sweep, tick)).toEqual({ sent });
    }
    expect(await on.item(KEY)).toMatchObject({ version: 5, sweepAtMs: NOW + 2 * MINUTE });
  });

  it("leaves a recipe state alone again once there was nothing to do: its true due time is written down", async () => {
    const on = new Installation();
    const key = recipeStateKey("web");
    const watching = recipeState({ activeRun: run().id, checkRunAtMs: NOW + 10 * MINUTE });
    on.put(key, watching, 5, { sweepAtMs: NOW });
    await on.call(sweep, tick);
    for (const { request: sent } of on.sent) await reconcile(on.backend, refresh, sent);
    expect(await on.item(key)).toMatchObject({ version: 6, sweepAtMs: NOW + 10 * MINUTE });
  });

  it("leaves alone what is not due, and what has nothing left to do", async () => {
    const on = new Installation();
    on.putRun(run(), 5, { sweepAtMs: NOW + 1 });
    on.putRun(run({ id: "web-20261122-093012-aaaaaa", outcome: "failed" }), 5);
    expect(await on.call(sweep, tick)).toEqual({ sent: 0 });
  });

  it.each([
    ["of another version", '{"schema":0}'],
    ["that is damaged", "{"],
    ["that is nothing", "null"],
  ])("is not stopped by a record %s", async (_what, doc) => {
    const on = new Installation();
    on.put(runKey("old-20261122-093012-aaaaaa"), {}, 3, { sweepAtMs: NOW - 1, doc });
    on.putRun(run({ step: "check-status" }), 5, { sweepAtMs: NOW });
    expect(await on.call(sweep, tick)).toEqual({ sent: 2 });
    expect(on.sent.map(({ queue }) => queue)).toEqual(["abandon", "check-status"]);
  });

  it("twice at once sends duplicates of one version at worst: together they are one check", async () => {
    const { on, web, made, recipeStateWith } = stage();
    on.putRun(web({ step: "check-status", candidate: made }), 7, { sweepAtMs: NOW });
    on.putRecipeState(recipeStateWith("candidate"));
    await Promise.all([on.call(sweep, tick), on.call(sweep, tick)]);
    const requests = on.sent.splice(0);
    expect(requests.length).toBeGreaterThan(0);
    expect(new Set(requests.map(({ request }) => request.version))).toEqual(new Set([7]));
    await on.call(checkStatus, eventOf(requests.map(({ request }) => request)));
    expect(on.sent).toEqual([
      { queue: "restore-source", request: { key: KEY, version: 8 }, delaySeconds: 0 },
    ]);
  });
});

function eventOf(bodies: object[]): SQSEvent {
  const [record] = sqsSample("check-status/run").Records;
  if (record === undefined) throw new Error("the sample event has a message");
  return { Records: bodies.map((body) => ({ ...record, body: JSON.stringify(body) })) };
}

describe("the schedule", () => {
  const tick = tickOf("on-schedule/tick");
  /** NOW is 09:30:12 UTC. */
  const hourly = { schedule: [{ cron: "0 * * * *", timezone: "UTC" }] };

  function scheduled() {
    const on = new Installation();
    on.recipes.set("web", recipe(hourly));
    on.recipes.set("by-hand", recipe({ name: "by-hand" }));
    const tickAt = async (ms: number) => {
      on.nowMs = NOW + ms;
      return (await on.call(onSchedule, tick)).started;
    };
    return { on, tickAt };
  }

  it("starts nothing at the first tick: what was before it was not missed", async () => {
    const { on, tickAt } = scheduled();
    expect(await tickAt(0)).toEqual([]);
    expect(on.sent).toEqual([]);
  });

  it("starts a recipe whose time has come, once, and none without a schedule", async () => {
    const { on, tickAt } = scheduled();
    await tickAt(0);
    expect(await tickAt(29 * MINUTE)).toEqual([]);
    const [id = ""] = await tickAt(30 * MINUTE);
    expect(id).toMatch(/^web-20261123-100012-[0-9a-z]{6}$/);
    expect(await tickAt(31 * MINUTE)).toEqual([]);
    expect(on.sent).toEqual([
      { queue: "prepare-source", request: { key: runKey(id), version: 1 }, delaySeconds: 0 },
    ]);
    expect(await on.run(id)).toMatchObject({
      trigger: { kind: "schedule" },
      installationId: "home01home02",
    });
  });

  it("makes good for missed ticks by one run, however many were missed", async () => {
    const { on, tickAt } = scheduled();
    await tickAt(0);
    expect(await tickAt(10 * HOUR)).toHaveLength(1);
    expect(await tickAt(10 * HOUR + MINUTE)).toEqual([]);
    expect(on.sent).toHaveLength(1);
  });

  it("does not make good for what was missed more than a day ago", async () => {
    const { on, tickAt } = scheduled();
    on.recipes.set("web", recipe({ schedule: [{ cron: "0 10 23 11 *", timezone: "UTC" }] }));
    await tickAt(0);
    expect(await tickAt(25 * HOUR)).toEqual([]);
  });

  it("starts one run when a tick is repeated, because its own record was not written", async () => {
    const { on, tickAt } = scheduled();
    await tickAt(0);
    const before = await on.item({ pk: "K#tick", sk: "t" });
    const [first] = await tickAt(30 * MINUTE);
    on.store.table.items.set("K#tick\nt", before);
    expect(await tickAt(31 * MINUTE)).toEqual([first]);
    expect(on.sent).toHaveLength(1);
  });
});
