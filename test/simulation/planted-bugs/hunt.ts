import { Worker } from "node:worker_threads";
import type { Violation } from "../checker.ts";
import type { PlantedBug } from "./bug.ts";

/** What one hunting thread is given. */
export interface Quarry {
  bug: PlantedBug;
  firstSeed: number;
}

/** How it ended: after so many seeds, in this one, by this broken rule; or not at all. */
export type Hunt =
  | { seeds: number; seed: string; broken: Violation }
  | { seeds: number; seed: null; broken: null };

/** Runs the simulation with the bug in it, in a thread of its own. @throws when it cannot be planted, or breaks the simulation itself. */
export function hunt(quarry: Quarry): Promise<Hunt> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("hunter.ts", import.meta.url), { workerData: quarry });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the thread ended without a word")));
  });
}
