import * as z from "zod/mini";
import { CloudError } from "./errors.ts";
import { finding, type Finding } from "./finding.ts";
import type { Service } from "./service.ts";

// Block Storage api-ref, "Show absolute limits for a project"; seen on Zed. -1: no limit.
const limitsSchema = z.object({
  limits: z.object({
    absolute: z.object({
      maxTotalSnapshots: z.number(),
      totalSnapshotsUsed: z.number(),
      maxTotalVolumes: z.number(),
      totalVolumesUsed: z.number(),
      maxTotalVolumeGigabytes: z.number(),
      totalGigabytesUsed: z.number(),
    }),
  }),
});

/** What images of volumes need: snapshots, and with `capture: root_volume` a volume for a while. */
export async function quotaFindings(cinder: Service): Promise<Finding[]> {
  try {
    const answer = await cinder.send({
      operation: "showLimits",
      effect: "read",
      method: "GET",
      path: "/limits",
    });
    const { absolute } = answer.read(limitsSchema).limits;
    return [
      headroom("snapshots", absolute.totalSnapshotsUsed, absolute.maxTotalSnapshots),
      headroom("volumes", absolute.totalVolumesUsed, absolute.maxTotalVolumes),
      headroom("GiB", absolute.totalGigabytesUsed, absolute.maxTotalVolumeGigabytes),
    ];
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return [finding("unknown", "volume", `quota: ${error.message}`)];
  }
}

function headroom(what: string, used: number, limit: number): Finding {
  if (limit < 0) return finding("ok", "volume", `quota: ${used} ${what} used, no limit`);
  const message = `quota: ${used} of ${limit} ${what} used`;
  if (used < limit) return finding("ok", "volume", message);
  return finding("problem", "volume", message, `Delete ${what} no longer needed, or ask for more`);
}
