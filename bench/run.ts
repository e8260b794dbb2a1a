import { commits } from "./commits.ts";
import { inFlight } from "./in-flight.ts";
import { looksPerUpload } from "./looks-per-upload.ts";
import { failOver } from "./print.ts";

const bounds = [...(await inFlight()), ...looksPerUpload()];
await commits();

failOver(bounds);
