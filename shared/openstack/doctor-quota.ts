import type { Usage } from "../cloud-quotas.ts";
import { CloudError } from "./errors.ts";
import { finding, type Finding } from "./finding.ts";
import { readVolumeQuota } from "./quota.ts";
import type { Service } from "./service.ts";

/** What images of volumes need: snapshots, and with `capture: root_volume` a volume for a while. */
export async function quotaFindings(cinder: Service): Promise<Finding[]> {
  try {
    const { snapshots, volumes, gib } = await readVolumeQuota(cinder);
    return [headroom("snapshots", snapshots), headroom("volumes", volumes), headroom("GiB", gib)];
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return [finding("unknown", "volume", `quota: ${error.message}`)];
  }
}

function headroom(what: string, { used, limit }: Usage): Finding {
  if (limit < 0) return finding("ok", "volume", `quota: ${used} ${what} used, no limit`);
  const message = `quota: ${used} of ${limit} ${what} used`;
  if (used < limit) return finding("ok", "volume", message);
  return finding("problem", "volume", message, `Delete ${what} no longer needed, or ask for more`);
}
