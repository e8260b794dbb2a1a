import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { runSeed } from "./seed.ts";

const SEEDS = 2000;

describe("whatever goes wrong", () => {
  it(
    "nothing is lost, doubled or wrongly deleted, and every run ends",
    { timeout: 1_200_000 }, // only what hangs is to fail by it
    async () => {
      const args = ["test/simulation/simulate.ts", "--seeds", String(SEEDS)];
      // Rejects, with all that it printed, when a seed breaks a rule or tells two histories.
      const { stdout } = await promisify(execFile)(process.execPath, args);
      expect(stdout).toContain(`${SEEDS} seeds, `);
      expect(stdout).toContain(" 0 seeds with violations");
    },
  );

  it("tells the same history twice from the same seed", async () => {
    const once = await runSeed("same", { rate: 3, keepTrace: true });
    const twice = await runSeed("same", { rate: 3, keepTrace: true });
    expect(twice.trace).toBe(once.trace);
    expect(once.faults.length).toBeGreaterThan(10);
  });
});
