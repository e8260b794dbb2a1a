import type { Image, ImageService } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import type { Fitness } from "../image/pointer.ts";
import type { InventoryImage } from "../image/recipe-state.ts";
import { diskImagesOf } from "../image/image-set.ts";
import {
  isFaulty,
  judge,
  seeZones,
  SET_BROKEN,
  SYNC_FAILED,
  unanswered,
  type Verdict,
  wordsOf,
} from "../image/verdict.ts";
import { whoseElse } from "../image/whose.ts";
import { zoneServices } from "../image/zones.ts";
import { CloudError } from "../openstack/errors.ts";
import { runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import { handedOn } from "../source/resolve.ts";
import { load } from "./actor.ts";

type Placed = Pick<InventoryImage, "id" | "run" | "zones">;

/** Whether servers can boot from the image: it exists and is active and complete in each zone, with its snapshots. */
export async function fitnessOf(ctx: Ctx, { id, run, zones }: Placed): Promise<Fitness> {
  try {
    const { image, verdicts } = await seeInZones(ctx, { id, run, zones });
    if (image === null) return bad("the cloud does not have it");
    const elses = whoseElse(await ctx.recipeState(), { run }, image);
    if (elses !== null) return bad(elses);
    if (image.status !== "active") return bad(`it is ${image.status}`);
    const faulty = verdicts.find(isFaulty);
    const silent = verdicts.find(({ is }) => is === "lagging");
    if (faulty !== undefined)
      return bad(
        `${faulty.code === SYNC_FAILED ? "not synchronised: " : ""}${wordsOf(faulty, verdicts)}`,
      );
    if (silent !== undefined) return { kind: "unknown", why: wordsOf(silent, verdicts) };
    for (const snapshotId of image.snapshotIds) {
      const snapshot = await ctx.cloud.volumes.snapshot(snapshotId);
      if (snapshot?.status !== "available")
        return bad(`its snapshot ${snapshotId} is ${snapshot?.status ?? "gone"}`);
    }
    return { kind: "good" };
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return { kind: "unknown", why: `the cloud did not answer: ${error.message}` };
  }
}

function bad(why: string): Fitness {
  return { kind: "bad", why };
}

/**
 * The image in the service that made it, and the verdict of each of its zones. Ignores a sync reason that the image may
 * have inherited from its source. After the record of its run has expired, nobody knows which reasons those are.
 */
export async function seeInZones(
  ctx: Ctx,
  { id, run, zones }: Placed,
): Promise<{ image: Image | null; verdicts: Verdict[] }> {
  const image = await ctx.cloud.images.image(id);
  if (image?.status !== "active") return { image, verdicts: [] };
  const source = (await load(ctx.store, runKey(run), runSchema))?.doc.source ?? null;
  const inherited = source?.inherited ?? handedOn(image.properties);
  let services: ImageService[] = [];
  let missing: Verdict[] = [];
  try {
    services = await zoneServices(ctx, zones);
  } catch (error) {
    // A zone that has left the catalog counts as one that does not answer.
    services = await zoneServices(ctx, []);
    missing = [unanswered("zones", error)];
  }
  return {
    image,
    verdicts: [
      ...(await seeZones(services, id, image, inherited, zones)),
      ...missing,
      ...(await seeDisks(ctx, id, inherited)),
    ],
  };
}

/** Of a set of images, those of further data disks: the set is worth nothing without one of them. */
async function seeDisks(
  ctx: Ctx,
  imageId: string,
  inherited: Record<string, string>,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const { id, device } of diskImagesOf(await ctx.recipeState(), imageId)) {
    const is = judge(await ctx.cloud.images.image(id), null, inherited);
    const code = is.code ?? (is.is === "good" ? null : SET_BROKEN);
    verdicts.push({ ...is, zone: `disk ${device} (image ${id})`, code });
  }
  return verdicts;
}
