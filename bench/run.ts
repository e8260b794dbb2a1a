import { commits } from "./commits.ts";
import { inFlight } from "./in-flight.ts";
import { checksPerUpload } from "./checks-per-upload.ts";
import { failOver } from "./print.ts";

const bounds = [...(await inFlight()), ...checksPerUpload()];
await commits();

failOver(bounds);
