import { describe, expect, it } from "vitest";
import { runSeed } from "./seed.ts";

describe("whatever goes wrong", () => {
  it.each(Array.from({ length: 40 }, (_, n) => `s${n}`))(
    "nothing is lost, doubled or wrongly deleted, and every run ends: seed %s",
    { timeout: 60_000 },
    async (seed) => {
      const { violations, runs } = await runSeed(seed, { rate: 2 });
      expect(violations).toEqual([]);
      expect(runs.length).toBeGreaterThan(3);
    },
  );

  it("tells the same story twice from the same seed", async () => {
    const once = await runSeed("same", { rate: 3, keepTrace: true });
    const twice = await runSeed("same", { rate: 3, keepTrace: true });
    expect(twice.trace).toBe(once.trace);
    expect(once.faults.length).toBeGreaterThan(10);
  });
});
