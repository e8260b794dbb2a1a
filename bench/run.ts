import { commits } from "./commits.ts";
import { inFlight } from "./in-flight.ts";
import { failOver } from "./print.ts";

const bounds = await inFlight();
await commits();

failOver(bounds);
