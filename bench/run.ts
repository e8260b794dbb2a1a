import { commits } from "./commits.ts";
import { thousandRuns } from "./thousand-runs.ts";
import { failOver } from "./print.ts";

const bounds = await thousandRuns();
await commits();

failOver(bounds);
