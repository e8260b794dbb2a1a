import { describe, expect, it } from "vitest";
import { handler as deadLetters } from "../../functions/dead-letters/handler.ts";
import { handleDeadLetter } from "../../shared/protocol/handle-dead-letter.ts";
import {
  deadLetters as deadLettersIn,
  type DeadLetter,
} from "../../shared/protocol/dead-letter.ts";
import { retryDeadLetter } from "../../shared/protocol/retry-dead-letter.ts";
import { noteTrouble } from "../../shared/protocol/trouble.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { MINUTE, NOW, run } from "../unit/builders.ts";
import { Installation, sqsSample } from "./installation.ts";

const KEY = runKey(run().id);
const REQUEST = { key: KEY, version: 7 };
const event = sqsSample("dead-letters/run"); // of version 7

/** Every call to store and queue is counted; the one of that number is the last, with or without its effect. */
function stopAt(on: Installation, call: number, effect: "before" | "after"): () => number {
  let calls = 0;
  const { store, queue } = on.backend;
  const stopping = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    calls++;
    if (calls > call || (calls === call && effect === "before")) throw new Error("stopped");
    const answer = await work();
    if (calls === call) throw new Error("stopped");
    return answer;
  };
  on.backend.store = {
    shards: store.shards,
    get: (key) => stopping(() => store.get(key)),
    commit: (write, version) => stopping(() => store.commit(write, version)),
    mark: (key, marks) => stopping(() => store.mark(key, marks)),
    due: (...is) => stopping(() => store.due(...is)),
    range: (...is) => stopping(() => store.range(...is)),
    ended: (...is) => stopping(() => store.ended(...is)),
  };
  on.backend.queue = {
    send: (name, request, delay) => stopping(() => queue.send(name, request, delay)),
  };
  return () => calls;
}

/** Runs the work to its end once, to know its calls, then with a stop at each of them, and once more after the stop. */
async function withEveryStop(
  open: () => Promise<Installation>,
  work: (on: Installation) => Promise<unknown>,
  check: (on: Installation, stop: string) => Promise<void>,
): Promise<number> {
  const whole = await open();
  const calls = stopAt(whole, Number.POSITIVE_INFINITY, "before");
  await work(whole);
  const total = calls();
  for (let call = 1; call <= total; call++) {
    for (const effect of ["before", "after"] as const) {
      const on = await open();
      const { store, queue } = on.backend;
      stopAt(on, call, effect);
      await expect(work(on)).rejects.toThrow("stopped");
      Object.assign(on.backend, { store, queue });
      await work(on);
      await check(on, `${effect} call ${call} of ${total}`);
    }
  }
  return total;
}

async function onlyDeadLetter(on: Installation): Promise<DeadLetter> {
  const [deadLetter, ...others] = await deadLettersIn(on.store, on.nowMs);
  if (deadLetter === undefined || others.length > 0) throw new Error("there is one dead letter");
  return deadLetter;
}

async function opened(step: "check-status" | "abandon"): Promise<Installation> {
  const on = new Installation();
  on.putRun(run({ step }), 7, { sweepAtMs: NOW });
  await noteTrouble(on.backend, REQUEST, new TypeError("boom"));
  return on;
}

describe("stopped at any call, and called again, the dead-letters function", () => {
  it("has failed its run once, with its evidence, and sent it on or left that to the sweep", async () => {
    const total = await withEveryStop(
      () => opened("check-status"),
      (on) => on.call(deadLetters, event),
      async (on, stop) => {
        const { failure, step, timeline } = await on.run(run().id);
        expect([stop, step, timeline.length]).toEqual([stop, "abandon", 1]);
        expect(failure?.message).toContain("TypeError: boom");
        expect(await onlyDeadLetter(on)).toMatchObject({
          done: "failed",
          step: "check-status",
          error: { message: "boom" },
        });
        expect(await on.item(KEY)).toMatchObject({ version: 8, sweepAtMs: NOW + MINUTE });
      },
    );
    expect(total).toBeGreaterThan(4);
  });

  it("has put off the sweep of what it cannot fail", async () => {
    await withEveryStop(
      () => opened("abandon"),
      (on) => on.call(deadLetters, event),
      async (on, stop) => {
        const { sweepAtMs, version } = await on.item(KEY);
        expect([stop, version]).toEqual([stop, 7]);
        expect(sweepAtMs).toBeGreaterThan(NOW);
        expect(await onlyDeadLetter(on)).toMatchObject({ done: "left" });
      },
    );
  });

  it("twice at once fails its run once", async () => {
    const on = await opened("check-status");
    await Promise.all([on.call(deadLetters, event), on.call(deadLetters, event)]);
    expect((await on.run(run().id)).timeline).toHaveLength(1);
    expect(on.sent).toHaveLength(1);
    expect(await onlyDeadLetter(on)).toMatchObject({ done: "failed", error: { message: "boom" } });
  });
});

it("stopped at any call, and called again, putting back has sent the message and marked the dead letter", async () => {
  const total = await withEveryStop(
    async () => {
      const on = await opened("abandon");
      await handleDeadLetter(on.backend, { body: JSON.stringify(REQUEST), queue: "abandon" });
      return on;
    },
    async (on) => retryDeadLetter(on.backend, await onlyDeadLetter(on), () => Promise.resolve()),
    async (on, stop) => {
      expect([stop, on.sent.length]).not.toEqual([stop, 0]);
      expect(new Set(on.sent.map(({ request }) => request.version))).toEqual(new Set([7]));
      expect((await onlyDeadLetter(on)).retriedAtMs).toBe(NOW);
    },
  );
  expect(total).toBeGreaterThan(2);
});
