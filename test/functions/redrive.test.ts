import { describe, expect, it } from "vitest";
import { bury } from "../../shared/protocol/dead-letter.ts";
import { deadLetters, type Letter } from "../../shared/protocol/letter.ts";
import { redrive } from "../../shared/protocol/redrive.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { MINUTE, NOW, run } from "../unit/builders.ts";
import { Installation } from "./installation.ts";

const KEY = runKey(run().id);
const body = JSON.stringify({ key: KEY, version: 7 });

async function onlyLetter(on: Installation): Promise<Letter> {
  const [letter, ...others] = await deadLetters(on.store, on.nowMs);
  if (letter === undefined || others.length > 0) throw new Error("there is one letter");
  return letter;
}

function open() {
  const on = new Installation();
  const putBack: Array<{ queue: string; body: string }> = [];
  const put = async (queue: string, text: string) => {
    putBack.push({ queue, body: text });
  };
  return { on, putBack, redriveIt: async () => redrive(on.backend, await onlyLetter(on), put) };
}

describe("a letter that is put back", () => {
  it("is sent at its record's version, and marked, not lost", async () => {
    const { on, redriveIt } = open();
    on.putRun(run({ step: "abandon" }), 7);
    await bury(on.backend, { body, queue: "abandon" });
    on.putRun(run({ step: "abandon" }), 9);
    on.nowMs += MINUTE;
    await redriveIt();
    expect(on.sent).toEqual([
      { queue: "abandon", wake: { key: KEY, version: 9 }, delaySeconds: 0 },
    ]);
    expect(await onlyLetter(on)).toMatchObject({ redrivenAtMs: NOW + MINUTE, done: "left" });
  });

  it("and not ours is put where it was", async () => {
    const { on, putBack, redriveIt } = open();
    await bury(on.backend, { body: "hello", queue: "check-status" });
    await redriveIt();
    expect(putBack).toEqual([{ queue: "check-status", body: "hello" }]);
    expect(on.sent).toEqual([]);
    expect((await onlyLetter(on)).redrivenAtMs).toBe(NOW);
  });

  it("but whose run has ended is neither sent nor marked", async () => {
    const { on, redriveIt } = open();
    on.putRun(run({ step: "abandon" }), 7);
    await bury(on.backend, { body, queue: "abandon" });
    on.putRun(run({ step: "abandon", outcome: "failed" }), 8);
    expect(await redriveIt()).toMatchObject({ kind: "refuse", code: "ended" });
    expect(on.sent).toEqual([]);
    expect((await onlyLetter(on)).redrivenAtMs).toBeNull();
  });

  it("when its message could not be sent is not marked", async () => {
    const { on, redriveIt } = open();
    on.putRun(run({ step: "abandon" }), 7);
    await bury(on.backend, { body, queue: "abandon" });
    on.backend.queue.send = () => Promise.reject(new Error("throttled"));
    await expect(redriveIt()).rejects.toThrow("throttled");
    expect((await onlyLetter(on)).redrivenAtMs).toBeNull();
  });
});
