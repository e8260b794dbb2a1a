import { parentPort, workerData } from "node:worker_threads";
import type { Hunt, Quarry } from "./hunt.ts";
import { plant } from "./plant.ts";

/** High enough that most runs meet several faults. */
const FAULT_RATE = 2;

// The thread of one hunt: plants the bug, then runs seed after seed until a rule is broken.
const { bug, firstSeed }: Quarry = workerData;
const loaded = plant(bug);
const { runSeed } = await import("../seed.ts");
const { BEYOND, WITHIN } = await import("../faults.ts");
const unused = bug.edits.find(({ file }) => !loaded.has(file));
if (unused !== undefined) throw new Error(`the simulation does not load ${unused.file}`);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has none
parentPort?.postMessage(await hunt());

async function hunt(): Promise<Hunt> {
  const bounds = bug.beyondBounds === true ? BEYOND : WITHIN;
  for (let seeds = 1; seeds <= bug.withinSeeds; seeds++) {
    const seed = String(firstSeed + seeds - 1);
    const { violations } = await runSeed(seed, { rate: FAULT_RATE, bounds });
    const [broken] = violations;
    if (broken !== undefined) return { seeds, seed, broken };
  }
  return { seeds: bug.withinSeeds, seed: null, broken: null };
}
