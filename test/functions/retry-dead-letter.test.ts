import { describe, expect, it } from "vitest";
import { handleDeadLetter } from "../../shared/protocol/handle-dead-letter.ts";
import { deadLetters, type DeadLetter } from "../../shared/protocol/dead-letter.ts";
import { retryDeadLetter } from "../../shared/protocol/retry-dead-letter.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { MINUTE, NOW, run } from "../unit/builders.ts";
import { Installation } from "./installation.ts";

const KEY = runKey(run().id);
const body = JSON.stringify({ key: KEY, version: 7 });

async function onlyDeadLetter(on: Installation): Promise<DeadLetter> {
  const [deadLetter, ...others] = await deadLetters(on.store, on.nowMs);
  if (deadLetter === undefined || others.length > 0) throw new Error("there is one dead letter");
  return deadLetter;
}

function open() {
  const on = new Installation();
  const putBack: Array<{ queue: string; body: string }> = [];
  const put = async (queue: string, text: string) => {
    putBack.push({ queue, body: text });
  };
  return {
    on,
    putBack,
    retryIt: async () => retryDeadLetter(on.backend, await onlyDeadLetter(on), put),
  };
}

describe("a dead letter that is put back", () => {
  it("is sent at its record's version, and marked, not lost", async () => {
    const { on, retryIt } = open();
    on.putRun(run({ step: "abandon" }), 7);
    await handleDeadLetter(on.backend, { body, queue: "abandon" });
    on.putRun(run({ step: "abandon" }), 9);
    on.nowMs += MINUTE;
    await retryIt();
    expect(on.sent).toEqual([
      { queue: "abandon", request: { key: KEY, version: 9 }, delaySeconds: 0 },
    ]);
    expect(await onlyDeadLetter(on)).toMatchObject({ retriedAtMs: NOW + MINUTE, done: "left" });
  });

  it("and not ours is put where it was", async () => {
    const { on, putBack, retryIt } = open();
    await handleDeadLetter(on.backend, { body: "hello", queue: "check-status" });
    await retryIt();
    expect(putBack).toEqual([{ queue: "check-status", body: "hello" }]);
    expect(on.sent).toEqual([]);
    expect((await onlyDeadLetter(on)).retriedAtMs).toBe(NOW);
  });

  it("but whose run has ended is neither sent nor marked", async () => {
    const { on, retryIt } = open();
    on.putRun(run({ step: "abandon" }), 7);
    await handleDeadLetter(on.backend, { body, queue: "abandon" });
    on.putRun(run({ step: "abandon", outcome: "failed" }), 8);
    expect(await retryIt()).toMatchObject({ kind: "refuse", code: "ended" });
    expect(on.sent).toEqual([]);
    expect((await onlyDeadLetter(on)).retriedAtMs).toBeNull();
  });

  it("when its message could not be sent is not marked", async () => {
    const { on, retryIt } = open();
    on.putRun(run({ step: "abandon" }), 7);
    await handleDeadLetter(on.backend, { body, queue: "abandon" });
    on.backend.queue.send = () => Promise.reject(new Error("throttled"));
    await expect(retryIt()).rejects.toThrow("throttled");
    expect((await onlyDeadLetter(on)).retriedAtMs).toBeNull();
  });
});
