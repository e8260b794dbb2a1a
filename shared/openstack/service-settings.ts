import type { CatalogService, CloudConfig, Interface, ServiceSettings } from "./config.ts";
import { urlSchema, withRegion } from "./entry-url.ts";
import { lookUp, lookUpRaw, text, type RawEntry } from "./raw-entry.ts";

const INTERFACES = ["public", "internal", "admin"] as const;

/** Prefixes of a service's own keys, in the order in which openstacksdk asks for them (os_service_types). */
const PREFIXES: Record<CatalogService, string[]> = {
  compute: ["compute"],
  volume: ["block_storage", "volumev3", "volumev2", "volume", "block_store"],
  image: ["image"],
  network: ["network"],
  cbr: ["cbr"],
};
const SERVICES = ["compute", "volume", "image", "network", "cbr"] as const;

/** `image_interface`, `volume_region_name` and their sisters. */
export function readServices(entry: RawEntry): CloudConfig["services"] {
  const found: CloudConfig["services"] = {};
  for (const service of SERVICES) {
    const settings: ServiceSettings = {};
    const interfaces = firstOf(service, (prefix) =>
      readInterfaces(entry, asWritten(entry, [`${prefix}_interface`, `${prefix}_endpoint_type`])),
    );
    const regionName = firstOf(service, (prefix) => lookUp(entry, `${prefix}_region_name`));
    const type = firstOf(service, (prefix) => lookUp(entry, `${prefix}_service_type`));
    const name = firstOf(service, (prefix) => lookUp(entry, `${prefix}_service_name`));
    if (interfaces !== undefined) settings.interfaces = interfaces;
    if (regionName !== undefined) settings.regionName = regionName;
    if (type !== undefined) settings.type = type;
    if (name !== undefined) settings.name = name;
    if (Object.keys(settings).length > 0) found[service] = settings;
  }
  return found;
}

/** One, or a list with the preferred first. The older spelling wins, as in openstacksdk (`magic_fixes`). */
export function readInterfaces(entry: RawEntry, spellings: string[]): Interface[] | undefined {
  const written = spellings.map((field) => ({ field, value: lookUpRaw(entry, field) }));
  const last = written.findLast(({ value }) => value != null && value !== "");
  if (last === undefined) return undefined;
  const { field, value } = last;
  const words = (Array.isArray(value) ? value : [value]).map((each) => text(entry, each, field));
  return words.map((word) => {
    const found = INTERFACES.find((known) => word === known || word === `${known}URL`);
    if (found === undefined && word !== undefined) {
      entry.complain(field, `"${word}" is none of ${INTERFACES.join(", ")}`);
    }
    return found ?? "public";
  });
}

/** Of one service's two spellings the later line wins (`_fix_backwards_interface`). */
function asWritten({ fields }: RawEntry, spellings: string[]): string[] {
  const order = Object.keys(fields);
  return spellings.toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
}

/** `…_endpoint_override`, else `…_endpoint`. */
export function readOverrides(
  entry: RawEntry,
  region: string | null,
): CloudConfig["endpointOverrides"] {
  const found: CloudConfig["endpointOverrides"] = {};
  for (const service of SERVICES) {
    for (const key of ["endpoint_override", "endpoint"]) {
      const url = firstOf(service, (prefix) => overrideIn(entry, `${prefix}_${key}`, region));
      if (url !== undefined) found[service] ??= url;
    }
  }
  return found;
}

function overrideIn(entry: RawEntry, field: string, region: string | null): string | undefined {
  const written = lookUp(entry, field);
  if (written === undefined) return undefined;
  const url = withRegion(written, region);
  if (!urlSchema.safeParse(url).success) entry.complain(field, `"${written}" is no URL`);
  return url;
}

/** Each key is asked for, so that none of them counts as passed over. */
function firstOf<T>(
  service: CatalogService,
  read: (prefix: string) => T | undefined,
): T | undefined {
  return PREFIXES[service].map(read).find((value) => value !== undefined);
}
