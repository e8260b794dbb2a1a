import { describe, expect, it } from "vitest";
import { start, type Trigger } from "../../../shared/protocol/start.ts";
import { gapProblem } from "../../../shared/webhook/start-gap.ts";
import { MemoryStore } from "../../memory/store.ts";
import { HOUR, MINUTE, NOW, recipe, SECOND } from "../builders.ts";
import { theRecipe } from "../recipe-text.ts";

const HOME = "home01home02";
const hooked = (minGapMs: number, name = "web") =>
  recipe({ name, webhook: { sender: "ci", event: "ready", when: null, minGapMs } });
const trigger = (id: string): Trigger => ({ kind: "webhook", by: "ci", id: `ci ${id}` });

function stage() {
  let nowMs = NOW;
  let ids = 0;
  const deps = {
    store: new MemoryStore(),
    queue: { send: async () => {} },
    ids: {
      short: () => `id${(ids += 1).toString().padStart(4, "0")}`,
      uuid: () => crypto.randomUUID(),
      random: () => 0.5,
    },
    now: () => nowMs,
  };
  return {
    deps,
    wait: (ms: number) => void (nowMs += ms),
    /** As a delivery does it: null if it starts a run. */
    deliver: async (id: string, of = hooked(HOUR)) => {
      const problem = await gapProblem(deps, HOME, of, trigger(id));
      if (problem === null) await start(deps, HOME, of, trigger(id));
      return problem;
    },
    runs: () => [...deps.store.table.items.values()].filter(({ key }) => key.sk.startsWith("run#")),
  };
}

describe("a delivery that is sent again under other ids", () => {
  it("starts one run in an hour, and the answer tells it", async () => {
    const { deliver, wait, runs } = stage();
    expect(await deliver("d0")).toBeNull();
    for (let count = 1; count < 60; count++) {
      wait(MINUTE);
      expect(await deliver(`d${count}`)).toBe(
        `a webhook started it ${count}m ago, and min_gap is 1h`,
      );
    }
    expect(runs()).toHaveLength(1);
    wait(MINUTE);
    expect(await deliver("d60")).toBeNull();
    expect(runs()).toHaveLength(2);
  });

  it("at the same time, starts one run", async () => {
    const { deliver, runs } = stage();
    const ids = Array.from({ length: 20 }, (_, index) => `d${index}`);
    const problems = await Promise.all(ids.map((id) => deliver(id)));
    expect(problems.filter((problem) => problem === null)).toHaveLength(1);
    expect(runs()).toHaveLength(1);
  });

  it("does not hold up another recipe", async () => {
    const { deliver } = stage();
    expect(await deliver("d1")).toBeNull();
    expect(await deliver("d2", hooked(HOUR, "data"))).toBeNull();
  });
});

describe("the same delivery again", () => {
  it("leads to its run, whatever came between", async () => {
    const { deliver, wait, runs } = stage();
    await deliver("d1");
    wait(HOUR);
    await deliver("d2");
    wait(SECOND);
    expect(await deliver("d1")).toBeNull();
    expect(await deliver("d2")).toBeNull();
    expect(runs()).toHaveLength(2);
  });

  it("starts the run that could not be written down at first", async () => {
    const { deps, deliver, wait, runs } = stage();
    expect(await gapProblem(deps, HOME, hooked(HOUR), trigger("d1"))).toBeNull();
    wait(MINUTE);
    expect(await deliver("d1")).toBeNull();
    expect(runs()).toHaveLength(1);
  });
});

it("a recipe without a gap starts every time", async () => {
  const { deliver, runs } = stage();
  for (const id of ["d1", "d2", "d3"]) expect(await deliver(id, hooked(0))).toBeNull();
  expect(runs()).toHaveLength(3);
});

it.each([
  ["webhook: { sender: ci, event: done }", HOUR],
  ["webhook: { sender: ci, event: done, min_gap: 5m }", 5 * MINUTE],
  ["webhook: { sender: ci, event: done, min_gap: 0s }", 0],
])("%s", (lines, minGapMs) => {
  expect(theRecipe(lines).webhook?.minGapMs).toBe(minGapMs);
});
