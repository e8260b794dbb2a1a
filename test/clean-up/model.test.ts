import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { disagreements } from "./compare.ts";
import { MISTAKES } from "./mistakes.ts";

const BUDGET_MS = 5_000;
const LEAST = 50;
/** Every hundredth cloud is large. */
const MOST_FOR_A_MISTAKE = 99;

describe("the plan of a clean-up", { timeout: 120_000 }, () => {
  it("equals an independent model of docs/deleting.md, for as many random clouds as fit", async () => {
    const untilMs = performance.now() + BUDGET_MS;
    for (let seed = 0; seed < LEAST || performance.now() < untilMs; seed++)
      expect({ seed, differ: await disagreements(seed) }).toEqual({ seed, differ: [] });
  });

  it.each(MISTAKES)("with this mistake, differs from it: $name", async ({ edit }) => {
    const found = await hunt(edit);
    expect(found).toEqual({ isLoaded: true, caught: expect.any(Number) });
  });
});

function hunt(edit: (typeof MISTAKES)[number]["edit"]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const workerUrl = new URL("mistaken.ts", import.meta.url);
    const worker = new Worker(workerUrl, { workerData: { edit, clouds: MOST_FOR_A_MISTAKE } });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}
