import { parentPort, workerData } from "node:worker_threads";
import type { Edit } from "../simulation/planted-bugs/bug.ts";
import { plant } from "../simulation/planted-bugs/plant.ts";

// A thread with one mistake in its code: compares cloud after cloud until the model disagrees. Answers with the seed.
const { edit, clouds }: { edit: Edit; clouds: number } = workerData;
const loaded = plant([edit]);
const { disagreements } = await import("./compare.ts");
let caught: number | null = null;
for (let seed = 0; seed < clouds && caught === null; seed++)
  if ((await disagreements(seed)).length > 0) caught = seed;
parentPort?.postMessage({ caught, isLoaded: loaded.has(edit.file) });
