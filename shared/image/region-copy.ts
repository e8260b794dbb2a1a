import type { Cloud, ImageService } from "../cloud-ports.ts";
import type { Problem } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import type { Recipe, Zone } from "../recipe/recipe.ts";
import type { Run } from "../run/record.ts";
import type { ImageZone } from "./recipe-state.ts";
import { type ZoneFinder, zoneServices } from "./zones.ts";

/** Copies that the IMS of Huawei Cloud makes in another region. Each has an id of its own. */

/** A zone to which IMS copies. */
export type RegionZone = Zone & { agencyName: string };

export function regionZones({ zones }: Pick<Recipe, "zones">): RegionZone[] {
  return zones.flatMap((zone) =>
    zone.agencyName === undefined ? [] : [{ ...zone, agencyName: zone.agencyName }],
  );
}

/** The recipe's zones, with the ids of the copies that IMS has made in them. */
export function zonesOf({
  recipe,
  regionCopies = [],
}: Pick<Run, "recipe" | "regionCopies">): ImageZone[] {
  return recipe.zones.map((zone) => {
    const imageId = regionCopies.find((copy) => copy.zone === zone.name)?.imageId;
    return imageId === undefined ? zone : { ...zone, imageId };
  });
}

/** The cloud of a zone, with the credentials of the zone. Its project gets the copy. */
export function cloudOfZone(
  finder: ZoneFinder,
  { cloud }: Pick<Recipe, "cloud">,
  zone: Zone,
): Cloud {
  return finder.openCloud({ cloud: zone.cloud ?? cloud, region: zone.region });
}

/** @returns undefined: it is the image service that makes the images. */
export async function serviceOfZone(
  finder: ZoneFinder,
  zone: Zone,
): Promise<ImageService | undefined> {
  const [, service] = await zoneServices(finder, [zone]);
  return service;
}

/** Why IMS cannot copy images of this recipe to the zone. Null: it can, as far as anybody knows before it is asked. */
export async function regionCopyProblem(
  finder: ZoneFinder,
  recipe: Recipe,
  zone: RegionZone,
): Promise<Problem | null> {
  const field = `${recipe.name}.zones.${zone.name}`;
  const problem = (message: string, remedy: string): Problem => ({
    code: "distribution-not-possible",
    message: `Zone ${zone.name}: ${message}`,
    remedy,
  });
  const service = await serviceOfZone(finder, zone);
  const [own] = await finder.cloud.everyImageService();
  if (service === undefined || own?.region === service.region)
    return problem(
      "IMS copies to another region, and this is the one that makes the image",
      `Name another region in ${field}, or take the zone out`,
    );
  if (service.region === "")
    return problem("its catalog names no region, and IMS copies to a region", `Take ${field} out`);
  const same = await sharing(finder, recipe, zone, service);
  if (same !== null)
    return problem(`it is the image service of zone ${same} as well`, `Take one of them out`);
  const noIms = (entry: string): Problem =>
    problem(
      `agency_name is for copies by IMS, and the cloud of ${entry} has none`,
      `Only Huawei Cloud copies so. Take agency_name out of ${field}: then Regild sends the images`,
    );
  const entry = zone.cloud ?? recipe.cloud;
  const far = cloudOfZone(finder, recipe, zone);
  const { projectId, projectName } = await far.authenticate();
  if (projectName === projectId)
    return problem(
      `IMS has to be told the name of its project, and only the id ${projectId} is known`,
      `Write project_name in place of project_id for ${entry} in clouds.yaml`,
    );
  if ((await quotaOf(finder.cloud)) === "no IMS") return noIms(recipe.cloud);
  const quota = await quotaOf(far);
  if (quota === "no IMS") return noIms(entry);
  return quota === null || quota.used < quota.limit
    ? null
    : problem(
        `IMS has ${quota.used} images there, and its quota is ${quota.limit}`,
        "Delete images that are not needed there, or ask for a larger quota",
      );
}

/** The name of another zone of the same image service. Null: there is none. */
async function sharing(
  finder: ZoneFinder,
  { zones }: Recipe,
  zone: Zone,
  { url }: ImageService,
): Promise<string | null> {
  for (const other of zones.filter(({ name, store }) => name !== zone.name && store === null))
    if ((await serviceOfZone(finder, other))?.url === url) return other.name;
  return null;
}

async function quotaOf({ imageJobs }: Cloud) {
  try {
    return (await imageJobs.quota()).images;
  } catch (error) {
    if (error instanceof CloudError && error.code === "not-found") return "no IMS" as const;
    throw error;
  }
}
