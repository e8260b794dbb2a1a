import * as z from "zod/mini";
import type { ComputeQuota, ImageQuota, Usage, VolumeQuota } from "../cloud-quotas.ts";
import type { Answer } from "./answer.ts";
import type { Service } from "./service.ts";

const numbers = z.record(z.string(), z.unknown());
const limitsSchema = z.looseObject({ limits: z.looseObject({ absolute: numbers }) });
const usageSchema = z.looseObject({ usage: z.record(z.string(), z.optional(numbers)) });

/** Block Storage api-ref, "Show absolute limits for a project"; seen on Zed. */
export async function readVolumeQuota(cinder: Service): Promise<VolumeQuota> {
  const usage = await absoluteLimits(cinder);
  return {
    snapshots: usage("totalSnapshotsUsed", "maxTotalSnapshots"),
    volumes: usage("totalVolumesUsed", "maxTotalVolumes"),
    gib: usage("totalGigabytesUsed", "maxTotalVolumeGigabytes"),
  };
}

/** Compute api-ref, "Show Rate And Absolute Limits"; seen on Zed. */
export async function readComputeQuota(nova: Service): Promise<ComputeQuota> {
  const usage = await absoluteLimits(nova);
  return {
    instances: usage("totalInstancesUsed", "maxTotalInstances"),
    cores: usage("totalCoresUsed", "maxTotalCores"),
    ramMib: usage("totalRAMUsed", "maxTotalRAMSize"),
  };
}

async function absoluteLimits(service: Service): Promise<(used: string, limit: string) => Usage> {
  const answer = await ask(service, "showLimits", "/limits");
  const { absolute } = answer.read(limitsSchema).limits;
  return (used, limit) => {
    const read = usageOf(absolute, used, limit);
    if (read === null) throw answer.unreadable(`${used} or ${limit} is no number`);
    return read;
  };
}

/** From v2.16 (Yoga); empty where the operator sets no limits in Keystone. Source: glance/quota/keystone.py, `get_usage`. */
export async function readImageQuota(glance: Service): Promise<ImageQuota> {
  const { usage } = (await ask(glance, "showUsage", "/info/usage")).read(usageSchema);
  return {
    images: usageOf(usage["image_count_total"], "usage", "limit"),
    sizeMib: usageOf(usage["image_size_total"], "usage", "limit"),
  };
}

function usageOf(
  from: Record<string, unknown> | undefined,
  usedKey: string,
  limitKey: string,
): Usage | null {
  const used = from?.[usedKey];
  const limit = from?.[limitKey];
  return typeof used === "number" && typeof limit === "number" ? { used, limit } : null;
}

function ask(service: Service, operation: string, path: string): Promise<Answer> {
  return service.send({ operation, effect: "read", method: "GET", path });
}
