import type { ImageService } from "../cloud-ports.ts";
import type { Problem } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { Run } from "../run/record.ts";
import type { ImageZone } from "./recipe-state.ts";
import type { ZoneFinder } from "./zones.ts";

/** Copies that the IMS of Huawei Cloud makes in another region. Each has an id of its own. */

/** The recipe's zones, with the ids of the copies that IMS has made in them. */
export function zonesOf({ recipe, copies }: Pick<Run, "recipe" | "copies">): ImageZone[] {
  return recipe.zones.map((zone) => {
    const imageId = copies.find((copy) => copy.zone === zone.name)?.imageId;
    return imageId === undefined ? zone : { ...zone, imageId };
  });
}

/** Why IMS cannot copy images of this recipe to the zone. Null: it can, as far as anybody knows before it is asked. */
export async function regionCopyProblem(
  finder: ZoneFinder,
  { name: recipe, cloud: entry, zones }: Recipe,
  { name: zone, region }: ImageService,
): Promise<Problem | null> {
  const takeOut = `take agency_name out of ${recipe}.zones.${zone}`;
  const problem = (message: string, remedy: string): Problem => ({
    code: "distribution-not-possible",
    message: `Zone ${zone}: ${message}`,
    remedy,
  });
  if (region === "")
    return problem("the catalog names no region, and IMS copies to a region", `Or ${takeOut}`);
  const { cloud } = finder;
  const [own] = await cloud.everyImageService();
  if (own?.region === region)
    return problem(
      `IMS copies to another region, and ${region} is the one that makes the image`,
      `Name another region, or ${takeOut}`,
    );
  const there = zones.find(({ name }) => name === zone);
  const far = finder.openCloud({ cloud: there?.cloud ?? entry, region: there?.region ?? null });
  try {
    await cloud.imageJobs.quota();
    const { images } = await far.imageJobs.quota();
    if (images === null || images.used < images.limit) return null;
    return problem(
      `IMS has ${images.used} images there, and its quota is ${images.limit}`,
      "Delete images that are not needed there, or ask for a larger quota",
    );
  } catch (error) {
    if (!(error instanceof CloudError) || error.code !== "not-found") throw error;
    return problem(
      `agency_name is for copies by IMS, and ${entry} has none`,
      `Only Huawei Cloud has such copies: ${takeOut}`,
    );
  }
}
