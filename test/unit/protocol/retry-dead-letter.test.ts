import { describe, expect, it } from "vitest";
import type { Item } from "../../../shared/ports.ts";
import { type DeadLetter, subjectOf } from "../../../shared/protocol/dead-letter.ts";
import { planRetry, standingOf } from "../../../shared/protocol/retry-dead-letter.ts";
import { runKey } from "../../../shared/run/run-id.ts";
import { recipeState, NOW, run } from "../builders.ts";

const KEY = runKey(run().id);

function deadLetter(is: Partial<DeadLetter> = {}): DeadLetter {
  return {
    schema: 2,
    id: run().id,
    kind: "run",
    queue: "check-status",
    body: JSON.stringify({ key: KEY, version: 7 }),
    step: "abandon",
    error: null,
    done: "left",
    count: 1,
    firstAtMs: NOW,
    lastAtMs: NOW,
    retriedAtMs: null,
    expiresAtMs: NOW + 1,
    ...is,
  };
}

function item(doc: object | string, version: number, key = KEY): Item {
  const text = typeof doc === "string" ? doc : JSON.stringify(doc);
  const rest = { writeId: "w", sweepAtMs: NOW, cancelAtMs: null, day: null, expiresAtMs: null };
  return { key, version, doc: text, ...rest };
}

const foreign = deadLetter({ id: "message-1", kind: "unknown", body: "hello" });

describe("putting back", () => {
  it("sends the record's version of now, to the queue of its step of now", () => {
    const there = item(run({ step: "validate-sync" }), 12);
    const request = { key: KEY, version: 12 };
    expect(planRetry(deadLetter(), there)).toEqual({
      kind: "send",
      queue: "validate-sync",
      request,
    });
  });

  it.each([
    ["a record of another version", { ...run(), schema: 3, step: "check-status" }, "check-status"],
    ["a record that says nothing", {}, "abandon"],
    ["a record that is no JSON", "{", "abandon"],
  ])("sends %s too: whoever fixed it wants to see it looked at", (_what, doc, queue) => {
    expect(planRetry(deadLetter(), item(doc, 7))).toMatchObject({ kind: "send", queue });
  });

  it("sends a recipe's state to the function that looks at heads", () => {
    const key = { pk: "R#web", sk: "head" };
    const body = JSON.stringify({ key, version: 3 });
    const of = deadLetter({ id: "web", kind: "recipe", body });
    expect(planRetry(of, item(recipeState(), 4, key))).toEqual({
      kind: "send",
      queue: "retire-images",
      request: { key, version: 4 },
    });
  });

  it("of a run that has ended is refused, and a new one is named instead", () => {
    const refusal = planRetry(deadLetter(), item(run({ outcome: "failed" }), 12));
    expect(refusal).toMatchObject({ kind: "refuse", code: "ended" });
    expect(refusal).toMatchObject({
      message: `Run ${run().id} has ended: failed`,
      remedy: "To start again: regild refresh web",
    });
  });

  it("of something that is not stored is refused", () => {
    expect(planRetry(deadLetter(), null)).toMatchObject({ kind: "refuse", code: "no-record" });
  });

  it("of what is not Regild's is as it was, where it was", () => {
    expect(planRetry(foreign, null)).toEqual({
      kind: "put_back",
      queue: "check-status",
      body: "hello",
    });
    expect(planRetry({ ...foreign, queue: null }, null)).toMatchObject({ code: "queue-unknown" });
  });
});

describe("a dead letter is", () => {
  const at7 = item(run({ step: "abandon" }), 7);
  it.each([
    ["stuck while its record stays where it was", deadLetter(), at7, "stuck"],
    ["put back", deadLetter({ retriedAtMs: NOW }), at7, "put_back"],
    ["stuck again", deadLetter({ retriedAtMs: NOW, lastAtMs: NOW + 1 }), at7, "stuck"],
    [
      "settled once its record goes on",
      deadLetter(),
      item(run({ step: "abandon" }), 8),
      "resolved",
    ],
    [
      "settled once its run has ended",
      deadLetter(),
      item(run({ outcome: "failed" }), 7),
      "resolved",
    ],
    ["settled when nothing is stored of it", deadLetter(), null, "resolved"],
    ["nobody's", foreign, null, "not_ours"],
    ["nobody's and put back", { ...foreign, retriedAtMs: NOW }, null, "put_back"],
  ])("%s", (_how, of, there, standing) => {
    expect(standingOf(of, there)).toBe(standing);
  });
});

describe("a message is about", () => {
  it.each([
    ["a run", KEY, { kind: "run", id: "web-20261123-093012-k3f9q2" }],
    ["a recipe", { pk: "R#web", sk: "head" }, { kind: "recipe", id: "web" }],
    ["a source", { pk: "S#server-1", sk: "lock" }, { kind: "source", id: "server-1" }],
    [
      "a callback",
      { pk: "R#web", sk: "callback#20261123-093012-k3f9q2" },
      { kind: "callback", id: "callback-web-20261123-093012-k3f9q2" },
    ],
    [
      "a status at a commit",
      { pk: "R#web", sk: "callback#20261123-093012-k3f9q2#commit-status" },
      { kind: "callback", id: "commit-status-web-20261123-093012-k3f9q2" },
    ],
  ])("%s, named as people name it", (_what, key, subject) => {
    expect(subjectOf(JSON.stringify({ key, version: 7 }))).toEqual(subject);
  });

  it("nothing of ours: two bodies have two names, and the same one has one", () => {
    const [one, other, again] = ["hello", "good-bye", "hello"].map((body) => subjectOf(body));
    expect(one).toMatchObject({ kind: "unknown", id: expect.stringMatching(/^message-/) });
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });
});
