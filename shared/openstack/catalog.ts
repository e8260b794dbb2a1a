import type { CatalogService, CloudConfig } from "./config.ts";
import { CloudError } from "./errors.ts";
import type { Token } from "./identity.ts";
import { isVersionedUrl, splitVersion } from "./service-url.ts";
import type { Catalog } from "./token-catalog.ts";

/** A service's versioned root, without a slash at the end: `https://…/v2.1`, `https://…/v3/PROJECT`. */
export type Endpoint = string;

/** Types of the catalog, the most telling first (service-types authority; K5 has `volumev2`). */
export const TYPES: Record<CatalogService, string[]> = {
  compute: ["compute"],
  volume: ["volumev3", "block-storage", "volumev2", "volume"],
  image: ["image"],
  network: ["network"],
  // gophertelekomcloud/openstack/client.go, NewCBRService; python-otcextensions/otcextensions/sdk/__init__.py.
  cbr: ["cbr"],
};

/** What every recipe needs: their endpoints say which regions there are. */
export const CATALOG_SERVICES: CatalogService[] = ["compute", "volume", "image"];

/**
 * @param wished Of the recipe; null: of clouds.yaml, or the only one that the catalog has.
 * @throws CloudError configuration: several, and nobody says which.
 */
export function chooseRegion(config: CloudConfig, catalog: Catalog, wished: string | null): string {
  const named = wished ?? config.regionNames[0];
  if (named !== undefined) return named;
  const regions = regionsOf(config, catalog);
  const [only, ...others] = regions;
  if (only !== undefined && others.length === 0) return only;
  throw new CloudError(
    only === undefined
      ? `cloud ${config.name}: the catalog has no ${config.interfaces.join(" or ")} endpoint for compute, volume or image`
      : `cloud ${config.name}: region_name is missing, and the catalog has several: ${regions.join(", ")}`,
    { kind: "refused", code: "configuration" },
  );
}

/** @throws CloudError not-offered, naming what the region has instead. */
export function endpointOf(
  config: CloudConfig,
  token: Pick<Token, "catalog" | "projectId" | "unusableEntries">,
  service: CatalogService,
  wishedRegion: string,
): Endpoint {
  const { catalog, projectId } = token;
  const region = config.services[service]?.regionName ?? wishedRegion;
  const override = config.endpointOverrides[service];
  const url = override ?? catalogUrl(config, catalog, service, region);
  if (url === null) throw notOffered(config, token, service, region);
  return versioned(service, url.replace(/[%$]\((project|tenant)_id\)s/g, projectId), projectId);
}

/** One image service, as the catalog tells it. */
export interface ImageServiceEntry {
  /** Its region; its URL where the region has several, or no name. */
  name: string;
  region: string;
  url: Endpoint;
}

/**
 * Every image service that the catalog has: the regions, the endpoints of one region, and the services of type image.
 * The one that `region` uses comes first. An override in clouds.yaml stands for the only one of that region. Where it has
 * several, nobody knows for which, so all are asked as well.
 */
export function imageServices(
  config: CloudConfig,
  token: Pick<Token, "catalog" | "projectId" | "unusableEntries">,
  wishedRegion: string,
): ImageServiceEntry[] {
  const region = config.services.image?.regionName ?? wishedRegion;
  const own = { region, url: endpointOf(config, token, "image", region) };
  const shownBy = (entries: Catalog) =>
    entries
      .flatMap((entry) => shownEndpoints(config, entry))
      .map((endpoint) => ({
        region: regionOf(endpoint),
        url: versioned("image", endpoint.url, token.projectId),
      }));
  const all = shownBy(
    token.catalog.filter(
      ({ type }) => type === config.services.image?.type || TYPES.image.includes(type),
    ),
  );
  const there = shownBy(entriesOf(config, token.catalog, "image"));
  const chosen = new Set(there.flatMap((one) => (one.region === region ? [one.url] : [])));
  const isOverride = !all.some(({ url }) => url === own.url) && chosen.size === 1;
  const others = isOverride ? all.filter(({ url }) => !chosen.has(url)) : all;
  const services = [own, ...others].filter(
    ({ url }, n, each) => each.findIndex((other) => other.url === url) === n,
  );
  return services.map((service) => {
    const isOnly = services.filter((other) => other.region === service.region).length === 1;
    return { ...service, name: isOnly && service.region !== "" ? service.region : service.url };
  });
}

/** In each region those of the first interface that is wanted and there: the others lead to the same service. */
function shownEndpoints(config: CloudConfig, { endpoints }: Catalog[number]) {
  return endpoints.filter((endpoint) => {
    const there = endpoints.filter((other) => regionOf(other) === regionOf(endpoint));
    const kinds = there.map((other) => other.interface);
    return (
      endpoint.interface === interfacesOf(config, "image").find((kind) => kinds.includes(kind))
    );
  });
}

export function regionsOf(config: CloudConfig, catalog: Catalog): string[] {
  const regions = CATALOG_SERVICES.flatMap((service) =>
    entriesOf(config, catalog, service)
      .flatMap((entry) => entry.endpoints)
      .filter((endpoint) => interfacesOf(config, service).includes(endpoint.interface))
      .map(regionOf),
  );
  return [...new Set(regions)].toSorted();
}

/** The most telling type first; `image_service_type` and `image_service_name` choose. */
function entriesOf(config: CloudConfig, catalog: Catalog, service: CatalogService): Catalog {
  const { type, name } = config.services[service] ?? {};
  const types = type === undefined ? TYPES[service] : [type];
  return types.flatMap((type) =>
    catalog.filter((entry) => entry.type === type && (name === undefined || entry.name === name)),
  );
}

function interfacesOf(config: CloudConfig, service: CatalogService): string[] {
  return config.services[service]?.interfaces ?? config.interfaces;
}

function catalogUrl(
  config: CloudConfig,
  catalog: Catalog,
  service: CatalogService,
  region: string,
): string | null {
  for (const entry of entriesOf(config, catalog, service)) {
    const there = entry.endpoints.filter((endpoint) => regionOf(endpoint) === region);
    for (const wanted of interfacesOf(config, service)) {
      const endpoint = there.find((each) => each.interface === wanted);
      if (endpoint !== undefined) return endpoint.url;
    }
  }
  return null;
}

function regionOf(endpoint: Catalog[number]["endpoints"][number]): string {
  return endpoint.region_id ?? endpoint.region ?? "";
}

/**
 * Catalogs give Glance's root without a version, Nova's with `/v2.1` or `/v2/PROJECT`, Cinder's with
 * `/v3/PROJECT`, Neutron's without a version (seen on Zed); some give bare roots for all, some `/v2` or `/v1` for Glance.
 */
function versioned(service: CatalogService, url: string, projectId: string): Endpoint {
  const bare = url.replace(/\/+$/, "");
  if (service === "image") return `${bare.replace(/\/v[12](\.\d+)?$/, "")}/v2`;
  if (service === "cbr") return `${splitVersion(bare, projectId)?.root ?? bare}/v3/${projectId}`;
  if (isVersionedUrl(bare, projectId)) return bare;
  if (service === "network") return `${bare}/v2.0`;
  return service === "compute" ? `${bare}/v2.1` : `${bare}/v3/${projectId}`;
}

function notOffered(
  config: CloudConfig,
  { catalog, unusableEntries }: Pick<Token, "catalog" | "unusableEntries">,
  service: CatalogService,
  region: string,
): CloudError {
  const regions = regionsOf(config, catalog);
  const types = catalog
    .filter((entry) => entry.endpoints.some((endpoint) => regionOf(endpoint) === region))
    .map((entry) => entry.type);
  const instead = regions.includes(region)
    ? `Region ${region} has: ${types.toSorted().join(", ")}`
    : `There is no region ${region}. The catalog has: ${regions.join(", ") || "none"}`;
  const unusable = unusableEntries.filter((entry) =>
    TYPES[service].some((type) => entry.startsWith(`${type}: `)),
  );
  const why = unusable.length === 0 ? "" : `. Its catalog cannot be used: ${unusable.join("; ")}`;
  return new CloudError(
    `cloud ${config.name}: no ${service} service with ${article(interfacesOf(config, service))} endpoint. ${instead}${why}`,
    { kind: "refused", code: "not-offered" },
  );
}

function article(interfaces: string[]): string {
  const named = interfaces.join(" or ");
  return /^[ai]/.test(named) ? `an ${named}` : `a ${named}`;
}
