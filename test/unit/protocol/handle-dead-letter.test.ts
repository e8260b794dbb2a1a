import { describe, expect, it } from "vitest";
import type { Item } from "../../../shared/ports.ts";
import { judge, putOffUntilMs } from "../../../shared/protocol/handle-dead-letter.ts";
import { resolvableAtMs } from "../../../shared/run/intent.ts";
import { runKey } from "../../../shared/run/run-id.ts";
import { recipeState, HOUR, intent, MINUTE, NOW, run, sourceItem, timing } from "../builders.ts";

const KEY = runKey(run().id);
const stuck = run({ step: "check-status" });
const waits = { ...stuck, intent: intent({ answer: "unknown" }) };
const failed = {
  code: "internal-error",
  message: "m",
  remedy: "r",
  step: "check-status" as const,
  atMs: NOW,
  evidence: [],
};

function item(doc: object | string, version: number, key = KEY): Item {
  const text = typeof doc === "string" ? doc : JSON.stringify(doc);
  const rest = { writeId: "w", sweepAtMs: NOW, cancelAtMs: null, day: null, expiresAtMs: null };
  return { key, version, doc: text, ...rest };
}

const RECIPE_STATE = { pk: "R#web", sk: "head" };
const LOCK = { pk: "S#server-1", sk: "lock" };

describe("for a dead message of version 7", () => {
  it.each([
    ["stands at it: it is failed", item(stuck, 7), "failed"],
    ["has gone on", item(stuck, 8), "gone_on"],
    ["was failed by this very dead letter", item({ ...stuck, failure: failed }, 8), "failed"],
    [
      "had failed by itself, and goes on",
      item({ ...stuck, failure: { ...failed, code: "cancelled" } }, 8),
      "gone_on",
    ],
    ["is of a store that has not got so far", item(stuck, 6), "no_record"],
    ["has ended", item({ ...stuck, outcome: "succeeded" }, 7), "gone_on"],
    ["is being undone", item({ ...stuck, step: "abandon" }, 7), "left"],
    ["is promoted", item({ ...stuck, promoted: true }, 7), "left"],
    ["may still get an answer", item(waits, 7), "left"],
    ["is of another version of Regild", item({ ...stuck, schema: 3 }, 7), "unreadable"],
    ["is no JSON any more", item("{", 7), "unreadable"],
    ["is of another version, and has gone on", item({ ...stuck, schema: 3 }, 8), "gone_on"],
  ])("a run that %s", (_how, there, done) => {
    expect(judge({ key: KEY, version: 7 }, there, NOW, timing).done).toBe(done);
  });

  it("a run is failed once nobody can get an answer any more", () => {
    const resolvableAt = resolvableAtMs(waits.intent, timing);
    const at = (ms: number) => judge({ key: KEY, version: 7 }, item(waits, 7), ms, timing).done;
    expect([at(resolvableAt - 1), at(resolvableAt)]).toEqual(["left", "failed"]);
  });

  it.each([
    ["a recipe's state", item(recipeState(), 7, RECIPE_STATE), "left"],
    [
      "a recipe's state that nobody can read",
      item({ ...recipeState(), schema: 3 }, 7, RECIPE_STATE),
      "unreadable",
    ],
    ["a recipe's state that has gone on", item(recipeState(), 8, RECIPE_STATE), "gone_on"],
    ["a source", item(sourceItem(), 7, LOCK), "left"],
    ["a source that nobody can read", item({}, 7, LOCK), "unreadable"],
  ])("%s", (_what, there, done) => {
    expect(judge({ key: there.key, version: 7 }, there, NOW, timing).done).toBe(done);
  });

  it("nothing at all is said to be nothing", () => {
    expect(judge({ key: KEY, version: 7 }, null, NOW, timing).done).toBe("no_record");
  });
});

describe("what is left to the sweep is looked at again", () => {
  const gaps = (doc: Parameters<typeof putOffUntilMs>[0], nowMs: number) =>
    [1, 2, 3, 4, 5, 6, 1000].map((n) => (putOffUntilMs(doc, n, nowMs, timing) - nowMs) / MINUTE);

  it("after growing gaps, of a quarter of an hour at most", () => {
    expect(gaps(null, NOW)).toEqual([1, 2, 4, 8, 15, 15, 15]);
  });

  it("but not later than a run's end", () => {
    const deadlineAtMs = NOW + HOUR;
    const endsAtMs = deadlineAtMs + timing.graceMs;
    expect(gaps(run({ deadlineAtMs }), endsAtMs - 3 * MINUTE)).toEqual([1, 2, 3, 3, 3, 3, 3]);
    expect(gaps(run({ deadlineAtMs }), endsAtMs)).toEqual([1, 2, 4, 8, 15, 15, 15]);
  });
});
