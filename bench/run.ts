import { commits } from "./commits.ts";
import { inFlight } from "./in-flight.ts";
import { looksPerUpload } from "./looks-per-upload.ts";

const bounds = [...(await inFlight()), ...looksPerUpload()];
await commits();

const broken = bounds.filter(({ measured, atMost }) => measured > atMost);
for (const { what, measured, atMost } of broken) {
  console.error(`${what}: ${measured.toFixed(2)} is over ${atMost}`);
}
process.exitCode = broken.length === 0 ? 0 : 1;
