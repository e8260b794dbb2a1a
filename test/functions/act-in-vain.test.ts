import { describe, expect, it } from "vitest";
import type { Program } from "../../shared/protocol/step.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { run, SECOND } from "../unit/builders.ts";
import { stage } from "./stage.ts";

describe("an act that changes nothing", () => {
  it.each([
    ["", "in vain"],
    [", whatever its text", `in  vain\n ${"x".repeat(1100)}`],
  ])("is done a third time, and then rests, longer each time%s", async (_which, text) => {
    const { on, web } = stage();
    on.putRun(web({ step: "abandon" }), 11);
    let times = 0;
    const program: Program = { ...refresh, steps: { ...refresh.steps, abandon: inVain } };
    function inVain() {
      const perform = () => Promise.resolve(void times++);
      return Promise.resolve({
        kind: "act" as const,
        text,
        thenWaitSeconds: 0,
        set: {},
        perform,
      });
    }
    const oneMessage = async () => {
      const { key, version } = await on.item(runKey(run().id));
      await reconcile(on.backend, program, { key, version }, new Map());
      const { reconcileAtMs } = await on.run(run().id);
      const restMs = reconcileAtMs - on.nowMs;
      on.nowMs = reconcileAtMs;
      return restMs;
    };
    expect(await oneMessage()).toBe(3 * SECOND);
    expect(times).toBe(3);
    expect(await oneMessage()).toBe(6 * SECOND);
    expect(times).toBe(4);
    for (let n = 0; n < 50; n++) await oneMessage();
    expect(await oneMessage()).toBe(120 * SECOND);
  });
});
