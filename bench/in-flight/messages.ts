import * as z from "zod/mini";

/** What the bench and its processes tell one another. */
export type CloudIsTold = "tell-of-a-look" | "end-uploads" | "count-images";
export const cloudSays = {
  ready: z.object({ cloudsYaml: z.string(), servers: z.array(z.string()) }),
  look: z.object({ look: z.literal(true) }),
  images: z.object({ activeImages: z.int() }),
};

export type HostIsTold = "begin" | "tell";
export const hostSays = z.object({
  /** Of the event loop since the last `begin`. */
  delayMs: z.object({ median: z.number(), p99: z.number(), most: z.number() }),
  /** Since the process began. */
  cpuMs: z.number(),
  peakMb: z.number(),
});
export type HostSays = z.infer<typeof hostSays>;
