import { Worker } from "node:worker_threads";
import type { Violation } from "../checker.ts";
import type { PlantedBug } from "./bug.ts";

/** What one hunting thread is given. */
export interface Quarry extends Pick<PlantedBug, "edits" | "beyondBounds" | "only" | "rate"> {
  /** Null: whichever rule is broken. */
  rules: string[] | null;
  firstSeed: number;
  /** At most so many. */
  seeds: number;
}

/** How it ended: after so many seeds, and with what. */
export interface Hunt {
  seeds: number;
  /** Null: not caught. */
  broken: (Violation & { seed: string }) | null;
  /** Rules that were broken before, and do not count. */
  others: string[];
}

/**
 * Runs the simulation with the edits made, in a thread of its own.
 * @throws when an edit cannot be made, or breaks the simulation itself.
 */
export function hunt(quarry: Quarry): Promise<Hunt> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("hunter.ts", import.meta.url), { workerData: quarry });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the thread ended without a word")));
  });
}
