import * as z from "zod/mini";

/** What one process of fleet-of.ts prints. */
export const underWaySchema = z.object({
  stepsPerSecond: z.number(),
  /** The simulated cloud and the start of each run included. */
  cpuMsPerRun: z.number(),
  residentMb: z.number(),
});
export type UnderWay = z.infer<typeof underWaySchema>;
