import type { ImageService } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import type { Zone } from "../recipe/recipe.ts";
import type { ImageZone } from "./recipe-state.ts";

/** What zones are found with: a cloud, and the other entries of clouds.yaml. */
export type ZoneFinder = Pick<Ctx, "cloud" | "openCloud">;

/** The image service of a zone. `imageId`: of a copy by IMS. Absent: it has the image under the image's own id. */
export type ZoneService = ImageService & Pick<ImageZone, "imageId">;

/**
 * The image services in which an image must be usable, by the names of their zones. The service that makes the image
 * comes first, also if no zone names it.
 * @throws CloudError configuration: a zone's image service is not in the catalog, or is not the only one of its region.
 */
export async function zoneServices(
  ctx: ZoneFinder,
  zones: readonly ImageZone[],
): Promise<ZoneService[]> {
  const catalog = await ctx.cloud.everyImageService();
  const found = new Map<string, ZoneService>(catalog.slice(0, 1).map((own) => [own.url, own]));
  // A store is part of the service that comes first.
  for (const zone of zones.filter(({ store }) => store === null)) {
    const service =
      zone.cloud === null ? inCatalog(zone, catalog) : await ofEntry(ctx, zone, zone.cloud);
    const { name, imageId } = zone;
    found.set(service.url, { ...service, name, ...(imageId === undefined ? {} : { imageId }) });
  }
  return [...found.values()];
}

/** Zones of several images, whatever they were called then. */
export function isSamePlace(one: Zone, other: Zone): boolean {
  const keys = ["region", "endpoint", "cloud", "store"] as const;
  return keys.every((key) => one[key] === other[key]);
}

async function ofEntry(ctx: ZoneFinder, zone: Zone, cloud: string): Promise<ImageService> {
  const [own] = await ctx.openCloud({ cloud, region: zone.region }).everyImageService();
  if (own === undefined) throw notThere(zone, cloud);
  return { ...own, name: zone.name };
}

function inCatalog(zone: Zone, catalog: ImageService[]): ImageService {
  const { region, endpoint } = zone;
  const wanted = endpoint === null ? null : rootOf(endpoint);
  const fitting = catalog.filter((service) =>
    wanted === null ? service.region === region : rootOf(service.url) === wanted,
  );
  const [service, another] = fitting;
  const all = catalog
    .map(({ region: of, url }) => (of === "" ? url : `${url} in ${of}`))
    .join(", ");
  if (service !== undefined && another === undefined) return service;
  const where = endpoint === null ? `region ${region}` : endpoint;
  const which = service === undefined ? "no image service" : "several: write endpoint";
  throw notThere(zone, `${where} has ${which}. The catalog has ${all}`);
}

/** Without the version and the slashes at the end. */
function rootOf(url: string): string {
  return url.replace(/\/+$/, "").replace(/\/v[12](\.\d+)?$/, "");
}

function notThere({ name }: Zone, why: string): CloudError {
  return new CloudError(`zone ${name}: ${why}`, { kind: "refused", code: "configuration" });
}
