import { describe, expect, it } from "vitest";
import { fillInputs } from "../../../shared/recipe/inputs.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { HOUR, MINUTE, type Scenario, scenario } from "./scenario.ts";

const QUEUED = "server: web, if_running: queue, keep: 1, cooling_off: 0s";
const VERSIONED = `server: web, keep: 1, cooling_off: 0s, inputs: { version: {} }, image: { version: "\${{ inputs.version }}" }`;

/** When each run became the one that works on the recipe, by the order of the starts. */
function begun(s: Scenario): number[] {
  return s.runs().map(({ seq }) => seq);
}

function startVersion(
  s: Scenario,
  version: string,
  afterMs: number,
  ifRunning: Recipe["ifRunning"] = "join",
): void {
  const filled = fillInputs(s.recipe("web"), { version });
  if ("problem" in filled) throw new Error(filled.problem);
  const recipe = { ...filled.recipe, ifRunning };
  s.simulation.trigger(recipe, `t ${version} ${afterMs}`, s.begin + afterMs);
}

describe("starts while a run of the recipe is under way", () => {
  it("are queued, and follow in the order of the starts", async () => {
    const s = await scenario({ recipe: QUEUED });
    for (let n = 0; n < 5; n++) s.start(`t${n}`, n * 5000);
    await s.until(30_000);
    expect(s.recipeState().queuedRuns).toHaveLength(4);
    expect(await s.finish()).toEqual(Array.from({ length: 5 }, () => "succeeded"));
    expect(begun(s)).toEqual([1, 2, 3, 4, 5]);
    expect(s.recipeState().queuedRuns).toEqual([]);
  });

  it("keep their order though the first message of one comes late", async () => {
    const s = await scenario({ recipe: QUEUED });
    for (let n = 0; n < 4; n++) s.start(`t${n}`, n * 1000);
    s.at(1500, () => s.delayMessages("prepare-source", 20_000));
    expect(await s.finish()).toEqual(Array.from({ length: 4 }, () => "succeeded"));
    expect(begun(s)).toEqual([1, 2, 3, 4]);
  });

  it("are not lost by a host that is down for longer than their deadline", async () => {
    const s = await scenario({ recipe: `${QUEUED}, deadline: 1h` });
    for (let n = 0; n < 3; n++) s.start(`t${n}`, n * 1000);
    // The one at work fails by its deadline.
    s.at(20_000, () => {
      for (const queue of ["prepare-source", "create-image", "check-status"])
        s.delayMessages(queue, 5 * HOUR);
    });
    const [first, ...others] = await s.finish();
    expect(["failed", "succeeded"]).toContain(first);
    expect(others).toEqual(["succeeded", "succeeded"]);
  });

  it("are let go by the one that was cancelled", async () => {
    const s = await scenario({ recipe: QUEUED });
    for (let n = 0; n < 3; n++) s.start(`t${n}`, n * 1000);
    s.at(20_000, () => s.simulation.cancel(s.runs()[1]?.id ?? ""));
    expect(await s.finish()).toEqual(["succeeded", "cancelled", "succeeded"]);
  });

  it("beyond twenty are skipped, and say so", async () => {
    const s = await scenario({ recipe: QUEUED });
    for (let n = 0; n < 23; n++) s.start(`t${n}`, n * 1000);
    await s.until(40_000);
    const skipped = s.runs().filter(({ outcome }) => outcome === "skipped");
    expect(skipped.map(({ timeline }) => timeline.at(-1)?.text)).toEqual([
      "skipped: 20 runs of web wait already",
      "skipped: 20 runs of web wait already",
    ]);
    expect((await s.finish()).filter((outcome) => outcome === "succeeded")).toHaveLength(21);
  });

  it("with other inputs never join, those with the same do, also when it is queued", async () => {
    const s = await scenario({ recipe: VERSIONED });
    startVersion(s, "1", 0);
    startVersion(s, "2", 1000);
    startVersion(s, "1", 15_000);
    startVersion(s, "2", 16_000);
    expect(await s.finish()).toEqual(["succeeded", "succeeded", "joined", "joined"]);
    const [one, two, ...joined] = s.runs();
    expect(joined.map(({ joinedRunId }) => joinedRunId)).toEqual([one?.id, two?.id]);
    expect(s.current().tags).toContain("regild-version-web:2");
  });

  it("with if_running: skip do nothing, and say for which run", async () => {
    const s = await scenario({ recipe: VERSIONED });
    startVersion(s, "1", 0, "skip");
    startVersion(s, "2", 15_000, "skip");
    startVersion(s, "3", HOUR, "skip");
    expect(await s.finish()).toEqual(["succeeded", "skipped", "succeeded"]);
    const [one, skipped] = s.runs();
    expect(skipped?.timeline.at(-1)?.text).toBe(`skipped: ${one?.id} is under way`);
    expect(skipped?.apiCalls).toBe(0);
  });

  it("are retried by no message: the run that waits for a lost one begins by the sweep", async () => {
    const s = await scenario({ recipe: QUEUED });
    s.start("t0");
    s.start("t1", 1000);
    s.at(30_000, () => {
      for (const { id, queue } of s.simulation.queues.messages.values())
        if (queue === "prepare-source") s.simulation.queues.messages.delete(id);
    });
    await s.until(10 * MINUTE);
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
  });
});
