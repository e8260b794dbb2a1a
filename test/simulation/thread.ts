import { parentPort } from "node:worker_threads";
import { guard } from "./guards.ts";
import type { SeedOptions } from "./seed.ts";
import { tallySeeds } from "./tally.ts";

/** One thread of many: takes some seeds, answers with what they came to. */
export interface Portion {
  seeds: string[];
  options: SeedOptions;
}

guard();
parentPort?.on("message", ({ seeds, options }: Portion) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  void tallySeeds(seeds, options).then((tally) => parentPort?.postMessage(tally));
});
