import type { Settings } from "./settings.ts";
import type { World } from "./world.ts";

/** Image and identity are in every region, the rest in the first alone. */
export function catalogOf(world: World, projectId: string): Array<Record<string, unknown>> {
  const { baseUrl, zones, firstZone, settings } = world;
  const compute = settings.computePath === "v2" ? `v2/${projectId}` : "v2.1";
  const everywhere = zones.map((zone) => zone.name);
  const volumeUrl = (): string => `${baseUrl}/volume/v3/${projectId}`;
  return [
    service("volumev3", "cinderv3", [firstZone.name], volumeUrl),
    service("block-storage", "cinder", [firstZone.name], volumeUrl),
    service("compute", "nova", [firstZone.name], () => `${baseUrl}/compute/${compute}`),
    service("network", "neutron", [firstZone.name], () => `${baseUrl}/network`),
    service("identity", "keystone", everywhere, () => `${baseUrl}/identity/v3`),
    ...imageServices(everywhere, (zone) => `${baseUrl}/image/${zone}`, settings.imageServices),
    ...(settings.imsQuota === null
      ? []
      : [service("cbr", "cbr", [firstZone.name], () => `${baseUrl}/cbr/v3/${projectId}`)]),
    ...(settings.oddSignIns ? ODD_ENTRIES : []),
  ];
}

function imageServices(
  zones: string[],
  urlOf: (zone: string) => string,
  shownAs: Settings["imageServices"],
): Array<Record<string, unknown>> {
  const [first = ""] = zones;
  if (shownAs === "regions") return [service("image", "glance", zones, urlOf)];
  const each = zones.map((zone) => service("image", `glance-${zone}`, [first], () => urlOf(zone)));
  if (shownAs === "services") return each;
  const endpoints = each.flatMap((one): unknown[] => {
    const shown: unknown = one["endpoints"];
    return Array.isArray(shown) ? shown : [];
  });
  return [{ ...each[0], endpoints }];
}

/** Of services that an operator has half set up. */
const ODD_ENTRIES = [
  {
    type: "object-store",
    endpoints: [{ interface: "public", region: "R", region_id: "R", url: null }],
  },
  { type: "metric", endpoints: null },
];

function service(
  type: string,
  name: string,
  regions: string[],
  urlIn: (region: string) => string,
): Record<string, unknown> {
  const endpoints = regions.flatMap((region) =>
    ["public", "internal", "admin"].map((kind) => ({
      id: `${type}-${region}-${kind}`,
      interface: kind,
      region_id: region,
      region,
      url: urlIn(region),
    })),
  );
  return { id: `service-${type}`, type, name, endpoints };
}
