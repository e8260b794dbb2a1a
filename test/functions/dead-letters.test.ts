import { describe, expect, it } from "vitest";
import { handler as deadLetters } from "../../functions/dead-letters/handler.ts";
import { settlesAtMs } from "../../shared/run/intent.ts";
import { runKey } from "../../shared/run/record.ts";
import { intent, NOW, run, timing } from "../unit/builders.ts";
import { Installation, sqsSample } from "./installation.ts";

const letter = sqsSample("dead-letters/run"); // of version 7
const KEY = runKey(run().id);
const stuck = run({ step: "check-status" });

describe("a message that nobody could process", () => {
  it("fails the run that still stands at its version, and has it undone", async () => {
    const on = new Installation();
    on.putRun(stuck, 7);
    await on.call(deadLetters, letter);
    expect(await on.run(run().id)).toMatchObject({
      step: "abandon",
      outcome: null,
      failure: {
        code: "internal-error",
        message: "Regild could not process this run in check-status",
        step: "check-status",
      },
    });
    expect(on.sent).toEqual([
      { queue: "abandon", wake: { key: KEY, version: 8 }, delaySeconds: 0 },
    ]);
  });

  it("is in the log, body and all", async () => {
    const on = new Installation();
    on.putRun(stuck, 7);
    await on.call(deadLetters, letter);
    expect(on.logged.join()).toContain("run#20261123-093012-k3f9q2");
  });

  it.each([
    ["has gone on without it", stuck, 8],
    ["is not at that version yet", stuck, 6],
    ["has ended", { ...stuck, outcome: "failed" as const }, 7],
    ["is promoted: nothing undoes it any more", { ...stuck, promoted: true }, 7],
    ["is being undone already", { ...stuck, step: "abandon" as const }, 7],
    ["waits for the answer to a create", { ...stuck, intent: intent({ answer: "open" }) }, 7],
  ])("leaves a run alone that %s", async (_how, is, version) => {
    const on = new Installation();
    on.putRun(is, version);
    await on.call(deadLetters, letter);
    expect(await on.run(run().id)).toEqual(is);
    expect((await on.item(KEY)).version).toBe(version);
    expect(on.sent).toEqual([]);
  });

  it("fails a run whose create can not be answered any more", async () => {
    const on = new Installation();
    on.putRun({ ...stuck, intent: intent({ answer: "open" }) }, 7);
    on.nowMs = settlesAtMs({ atMs: NOW }, timing);
    await on.call(deadLetters, letter);
    expect(await on.run(run().id)).toMatchObject({ step: "abandon", intent: { id: "try001" } });
  });

  it("of an unknown run, or of a recipe's head, is left at that", async () => {
    const on = new Installation();
    await on.call(deadLetters, letter);
    await on.call(deadLetters, sqsSample("retire-images/recipe"));
    expect(on.sent).toEqual([]);
  });

  it("and is not ours stays in the queue, as evidence, and in the log", async () => {
    const on = new Installation();
    await expect(on.call(deadLetters, sqsSample("dead-letters/not-ours"))).rejects.toThrow(/key/);
    expect(on.logged.join()).toContain("s3:TestEvent");
  });
});
