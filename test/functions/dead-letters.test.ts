import type { SQSEvent } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { handler as checkStatus } from "../../functions/check-status/handler.ts";
import { handler as deadLetters } from "../../functions/dead-letters/handler.ts";
import { handler as sweep } from "../../functions/sweep/handler.ts";
import {
  deadLetters as deadLettersIn,
  type DeadLetter,
} from "../../shared/protocol/dead-letter.ts";
import { EVIDENCE_KEPT_MS, noteTrouble } from "../../shared/protocol/trouble.ts";
import { resolvableAtMs } from "../../shared/run/intent.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { HOUR, intent, MINUTE, NOW, run, SECOND, timing } from "../unit/builders.ts";
import { Installation, sqsSample } from "./installation.ts";

const deadLetter = sqsSample("dead-letters/run"); // of version 7
const notOurs = sqsSample("dead-letters/not-ours");
const KEY = runKey(run().id);
const stuck = run({ step: "check-status" });

function deadLettersOf(on: Installation): Promise<DeadLetter[]> {
  return deadLettersIn(on.store, on.nowMs);
}

/** The check of version 7 fails with this error, so often. */
async function fail(on: Installation, error: Error, times = 1): Promise<void> {
  const get = on.store.get.bind(on.store);
  for (let time = 0; time < times; time++) {
    let reads = 0;
    on.store.get = (key) => {
      if (reads++ === 0) return Promise.reject(error);
      return get(key);
    };
    await on.call(checkStatus, sqsSample("check-status/run"));
  }
  on.store.get = get;
}

describe("a message that nobody could process", () => {
  it("fails the run that still stands at its version, and has it undone", async () => {
    const on = new Installation();
    on.putRun({ ...stuck, transientFailures: 5 }, 7);
    await on.call(deadLetters, deadLetter);
    expect(await on.run(run().id)).toMatchObject({
      step: "abandon",
      transientFailures: 0,
      outcome: null,
      failure: { code: "internal-error", step: "check-status" },
    });
    expect(on.sent).toEqual([
      { queue: "abandon", request: { key: KEY, version: 8 }, delaySeconds: 0 },
    ]);
  });

  it("tells in the run's failure and run report what went wrong, and what to do", async () => {
    const on = new Installation();
    on.putRun(stuck, 7);
    await fail(on, new TypeError("image is\n undefined"), 5);
    await on.call(deadLetters, deadLetter);
    const { failure, timeline } = await on.run(run().id);
    const message =
      "Regild could not process this run in check-status: TypeError: image is undefined (tried 5 times)";
    expect(failure?.message).toBe(message);
    for (const remedy of [/report/, /regild retry/, /regild refresh web/])
      expect(failure?.remedy).toMatch(remedy);
    expect(timeline).toMatchObject([{ step: "check-status", kind: "failure", text: message }]);
  });

  it("does not blame an error of an earlier version of the record", async () => {
    const on = new Installation();
    on.putRun(stuck, 7);
    await fail(on, new TypeError("long fixed"));
    on.putRun(stuck, 8);
    await on.call(deadLetters, withBody({ key: KEY, version: 8 }));
    const { failure } = await on.run(run().id);
    expect(failure?.message).not.toContain("long fixed");
    expect(failure?.message).toContain("no error was seen");
  });

  it("is kept, with the error, for two weeks", async () => {
    const on = new Installation();
    on.putRun(stuck, 7);
    await fail(on, new TypeError("image is undefined"));
    await on.call(deadLetters, deadLetter);
    expect(await deadLettersOf(on)).toEqual([
      {
        schema: 2,
        id: run().id,
        kind: "run",
        queue: "check-status",
        body: deadLetter.Records[0]?.body,
        step: "check-status",
        error: { name: "TypeError", message: "image is undefined" },
        done: "failed",
        count: 1,
        firstAtMs: NOW,
        lastAtMs: NOW,
        retriedAtMs: null,
        expiresAtMs: NOW + EVIDENCE_KEPT_MS,
      },
    ]);
    const kept = [...on.store.table.items.values()].filter(({ key }) => key.sk !== KEY.sk);
    expect(kept.map(({ expiresAtMs }) => expiresAtMs)).toEqual(
      kept.map(() => NOW + EVIDENCE_KEPT_MS),
    );
    on.nowMs += EVIDENCE_KEPT_MS;
    expect(await deadLettersOf(on)).toEqual([]);
  });

  it("is in the log, body and all", async () => {
    const on = new Installation();
    on.putRun(stuck, 7);
    await on.call(deadLetters, deadLetter);
    expect(on.logged.join()).toContain("run#20261123-093012-k3f9q2");
  });

  it("asks no cloud", async () => {
    const on = new Installation();
    on.putRun(stuck, 7);
    on.backend.clouds.open = () => {
      throw new Error("no cloud here");
    };
    await on.call(deadLetters, deadLetter);
    expect((await on.run(run().id)).step).toBe("abandon");
  });

  it.each([
    ["has gone on without it", stuck, 8, "gone_on"],
    ["is not at that version yet", stuck, 6, "no_record"],
    ["has ended", { ...stuck, outcome: "failed" as const }, 7, "gone_on"],
    ["is promoted: nothing undoes it any more", { ...stuck, promoted: true }, 7, "left"],
    ["is being undone already", { ...stuck, step: "abandon" as const }, 7, "left"],
    ["waits for an answer", { ...stuck, intent: intent({ answer: "open" }) }, 7, "left"],
  ])("leaves a run alone that %s", async (_how, is, version, done) => {
    const on = new Installation();
    on.putRun(is, version);
    await on.call(deadLetters, deadLetter);
    expect(await on.run(run().id)).toEqual(is);
    expect((await on.item(KEY)).version).toBe(version);
    expect(on.sent).toEqual([]);
    // Of a run that needs nothing, nothing is kept for a person to read.
    expect((await deadLettersOf(on)).map((l) => l.done)).toEqual(done === "gone_on" ? [] : [done]);
  });

  it("fails a run whose create can not be answered any more", async () => {
    const on = new Installation();
    on.putRun({ ...stuck, intent: intent({ answer: "open" }) }, 7);
    on.nowMs = resolvableAtMs({ atMs: NOW }, timing);
    await on.call(deadLetters, deadLetter);
    expect(await on.run(run().id)).toMatchObject({ step: "abandon", intent: { id: "try001" } });
  });

  it("of a recipe's state is kept, and left to the sweep", async () => {
    const on = new Installation();
    on.put({ pk: "R#web", sk: "head" }, {}, 12);
    await on.call(deadLetters, sqsSample("retire-images/recipe"));
    expect(await deadLettersOf(on)).toMatchObject([
      { kind: "recipe", id: "web", done: "unreadable" },
    ]);
    expect(on.sent).toEqual([]);
  });

  it("is listed before those that came earlier", async () => {
    const on = new Installation();
    for (const id of ["b", "c", "a"]) {
      await on.call(deadLetters, withBody({ key: { pk: `R#${id}`, sk: "head" }, version: 1 }));
      on.nowMs += MINUTE;
    }
    expect((await deadLettersOf(on)).map(({ id }) => id)).toEqual(["a", "c", "b"]);
  });

  it("and is not ours is kept as it was, and is not received again", async () => {
    const on = new Installation();
    await on.call(deadLetters, notOurs);
    expect(on.logged.join()).toContain("s3:TestEvent");
    expect(await deadLettersOf(on)).toMatchObject([
      {
        kind: "unknown",
        id: expect.stringMatching(/^message-[0-9a-f]{12}$/),
        done: "not_ours",
        body: notOurs.Records[0]?.body,
        queue: "check-status",
        error: { name: "ZodError" },
      },
    ]);
  });
});

describe("a dead letter that is delivered twice", () => {
  it("fails its run once, and stays what it was", async () => {
    const on = new Installation();
    on.putRun(stuck, 7);
    await fail(on, new TypeError("boom"));
    await on.call(deadLetters, deadLetter);
    const before = await on.run(run().id);
    await on.call(deadLetters, deadLetter);
    expect(await on.run(run().id)).toEqual(before);
    expect(on.sent).toHaveLength(1);
    expect(await deadLettersOf(on)).toMatchObject([
      { done: "failed", step: "check-status", error: { message: "boom" }, count: 2 },
    ]);
  });

  it("because its function died before it wrote down the failure, fails the run then", async () => {
    const on = new Installation();
    on.putRun(stuck, 7);
    const commit = on.store.commit.bind(on.store);
    on.store.commit = (write, version) =>
      write.key.sk === KEY.sk ? Promise.reject(new Error("stopped")) : commit(write, version);
    await expect(on.call(deadLetters, deadLetter)).rejects.toThrow("stopped");
    expect(await deadLettersOf(on)).toHaveLength(1);
    on.store.commit = commit;
    await on.call(deadLetters, deadLetter);
    expect(await on.run(run().id)).toMatchObject({ step: "abandon" });
  });

  it("of a run that another worker takes on in between says that nothing was lost", async () => {
    const on = new Installation();
    on.putRun(stuck, 7);
    const commit = on.store.commit.bind(on.store);
    on.store.commit = (write, version) => {
      if (write.key.sk === KEY.sk && version === 7) on.putRun(stuck, 8);
      return commit(write, version);
    };
    await on.call(deadLetters, deadLetter);
    expect(await on.run(run().id)).toEqual(stuck);
    expect(await deadLettersOf(on)).toMatchObject([{ done: "gone_on" }]);
  });

  it("keeps its error, though the look after it has failed by another", async () => {
    const on = new Installation();
    on.putRun(stuck, 7);
    await fail(on, new TypeError("boom"));
    await on.call(deadLetters, deadLetter);
    await noteTrouble(on.backend, { key: KEY, version: 8 }, new Error("another"));
    await on.call(deadLetters, deadLetter);
    expect(await deadLettersOf(on)).toMatchObject([{ error: { message: "boom" } }]);
  });

  it("two weeks apart is a new one", async () => {
    const on = new Installation();
    on.putRun({ ...stuck, step: "abandon" }, 7);
    await on.call(deadLetters, deadLetter);
    on.nowMs += EVIDENCE_KEPT_MS;
    await on.call(deadLetters, deadLetter);
    expect(await deadLettersOf(on)).toMatchObject([{ count: 1, firstAtMs: on.nowMs }]);
  });

  it("does not take back what a newer one says", async () => {
    const on = new Installation();
    on.putRun({ ...stuck, step: "abandon" }, 9);
    await on.call(deadLetters, withBody({ key: KEY, version: 9 }));
    await on.call(deadLetters, deadLetter);
    expect(await deadLettersOf(on)).toMatchObject([{ done: "left", count: 1 }]);
  });
});

describe("a record that cannot be processed at all", () => {
  /** What the sweep sends goes to the dead letters, each time, a minute later. */
  async function letPass(on: Installation, hours: number): Promise<number> {
    const untilMs = on.nowMs + hours * HOUR;
    let letters = 0;
    for (; on.nowMs < untilMs; on.nowMs += 5 * SECOND) {
      await on.call(sweep, {});
      const requests = on.sent.splice(0).map(({ request }) => request);
      for (const request of requests) {
        on.nowMs += MINUTE;
        await on.call(deadLetters, withBody(request));
        letters++;
      }
    }
    return letters;
  }

  it.each([
    ["is of another version", { schema: 3 }, "unreadable"],
    ["is being undone", { ...stuck, step: "abandon", deadlineAtMs: NOW - HOUR }, "left"],
  ])("because it %s is one dead letter, and a few checks an hour", async (_why, doc, done) => {
    const on = new Installation();
    on.put(KEY, doc, 7, { sweepAtMs: NOW });
    expect(await letPass(on, 24)).toBeLessThan(24 * 5);
    expect(await deadLettersOf(on)).toMatchObject([{ done, id: run().id }]);
    expect((await on.item(KEY)).sweepAtMs).not.toBeNull();
  });

  it("has its end not put off: it is looked at when its time is over", async () => {
    const on = new Installation();
    const deadlineAtMs = NOW + 20 * MINUTE;
    on.putRun({ ...stuck, step: "abandon", deadlineAtMs }, 7, { sweepAtMs: NOW });
    for (let time = 0; time < 10; time++) await on.call(deadLetters, deadLetter);
    expect((await on.item(KEY)).sweepAtMs).toBe(NOW + 15 * MINUTE);
    on.nowMs = deadlineAtMs + timing.graceMs - MINUTE;
    await on.call(deadLetters, deadLetter);
    expect((await on.item(KEY)).sweepAtMs).toBe(deadlineAtMs + timing.graceMs);
  });
});

function withBody(body: object): SQSEvent {
  const [record] = deadLetter.Records;
  if (record === undefined) throw new Error("the sample event has a message");
  return { Records: [{ ...record, body: JSON.stringify(body) }] };
}
