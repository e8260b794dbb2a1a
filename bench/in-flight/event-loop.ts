import { monitorEventLoopDelay } from "node:perf_hooks";
import type { HostIsTold, HostSays } from "./messages.ts";

/** Loaded before the host's own code, by `--import`. Tells its parent how the event loop and the process do. */
const histogram = monitorEventLoopDelay();
histogram.enable();
process.on("message", (told: HostIsTold) => {
  if (told === "begin") return histogram.reset();
  const { user, system } = process.cpuUsage();
  const said: HostSays = {
    delayMs: {
      median: histogram.percentile(50) / 1e6,
      p99: histogram.percentile(99) / 1e6,
      most: histogram.max / 1e6,
    },
    cpuMs: (user + system) / 1000,
    peakMb: (process.resourceUsage().maxRSS * 1024) / 1e6,
  };
  process.send?.(said);
});
process.on("disconnect", () => process.exit());
// The host ends when its own work does.
process.channel?.unref();
