import { readAuth } from "./cloud-auth.ts";
import type { CloudConfig } from "./config.ts";
import {
  type Complain,
  lookUp,
  lookUpRaw,
  passedOver,
  rawEntry,
  type RawEntry,
} from "./raw-entry.ts";
import { readRegions, type Region } from "./regions.ts";
import { readInterfaces, readOverrides, readServices } from "./service-settings.ts";
import { urlSchema, withRegion } from "./entry-url.ts";
import { PythonValue } from "./python-yaml.ts";

/** What was made of an entry; `config` null: `complain` was told why, of everything at once. */
export interface ReadEntry {
  config: CloudConfig | null;
  /** Keys that play no part here, and all that do. */
  passedOver: string[];
  known: string[];
}

type Fields = Record<string, unknown>;

/** The entry as its default region has it; the other regions are `variants` where anything differs by region. */
export function readEntry(name: string, fields: Fields, complain: Complain): ReadEntry {
  const told = new Set<string>();
  const tell: Complain = (field, message) => {
    told.add(`${field} ${message}`);
    complain(field, message);
  };
  const [first, ...others] = readRegions(rawEntry(fields, tell));
  const read = readOne(name, inRegion(fields, first), (field, message) => {
    tell(placeOf(field, first), message);
  });
  const differs =
    [first, ...others].some((region) => region?.values != null) ||
    JSON.stringify(fields).includes("{region_name}");
  const variants = new Map<string, CloudConfig>();
  for (const region of differs ? others : []) {
    const variant = readOne(
      `${name}:${region.name}`,
      inRegion(fields, region),
      (field, message) => {
        if (!told.has(`${field} ${message}`)) tell(placeOf(field, region), message);
      },
    );
    if (variant.config !== null) variants.set(region.name, variant.config);
    read.passedOver.push(...variant.passedOver.filter((key) => !read.passedOver.includes(key)));
  }
  if (told.size > 0 || read.config === null) return { ...read, config: null };
  const regionNames = first === undefined ? [] : [first, ...others].map((region) => region.name);
  return { ...read, config: { ...read.config, regionNames, variants } };
}

/** Where a field stands: among the region's own values, or in the entry. */
function placeOf(field: string, region: Region | undefined): string {
  const [key = ""] = field.split(".");
  const isOwn = region?.values != null && Object.hasOwn(region.values, key);
  return isOwn ? `regions.${region.name}.${field}` : field;
}

/** A region's own values lie over the entry's. */
function inRegion(fields: Fields, region: Region | undefined): Fields {
  const { regions: _, region_name: __, "region-name": ___, ...own } = fields;
  if (region === undefined) return own;
  return { ...mergeAuth(own, region.values ?? {}), region_name: region.name };
}

function readOne(name: string, fields: Fields, complain: Complain): ReadEntry {
  const entry = rawEntry(fields, complain);
  refuseProfile(name, entry);
  const region = lookUp(entry, "region_name") ?? null;
  const authUrl = readAuthUrl(entry, region);
  const auth = readAuth(entry, entry.complain);
  const config = {
    name,
    regionNames: region === null ? [] : [region],
    interfaces: readInterfaces(entry, ["interface", "endpoint_type"]) ?? ["public" as const],
    services: readServices(entry),
    endpointOverrides: readOverrides(entry, region),
    tls: {
      cacert: lookUp(entry, "cacert") ?? null,
      cert: lookUp(entry, "cert") ?? null,
      key: lookUp(entry, "key") ?? null,
      verify: readVerify(entry),
    },
    proxy: readUrl(entry, "proxy"),
    variants: new Map<string, CloudConfig>(),
  };
  return {
    config: authUrl === null || auth === null ? null : { ...config, authUrl, auth },
    passedOver: passedOver(entry),
    known: [...entry.asked],
  };
}

/** Fields of `auth` one by one, all others as they are (openstacksdk, `_auth_update`). */
export function mergeAuth(
  under: Record<string, unknown>,
  over: Record<string, unknown>,
): Record<string, unknown> {
  const given = Object.entries(over).filter(([, value]) => value !== null);
  const merged = { ...under, ...Object.fromEntries(given) };
  const [below, above] = [under["auth"], over["auth"]];
  if (typeof below === "object" && typeof above === "object")
    merged["auth"] = { ...below, ...above };
  return merged;
}

function refuseProfile(name: string, entry: RawEntry): void {
  const field = lookUpRaw(entry, "profile") === undefined ? "cloud" : "profile";
  if (lookUpRaw(entry, field) === undefined) return;
  entry.complain(
    field,
    "vendor profiles are not read. Write its auth_url, regions and the like into this entry; " +
      `openstack --os-cloud ${name} configuration show prints them`,
  );
}

/** With exactly one `/v3` at its end. `{region_name}` is filled in, as openstacksdk does. */
function readAuthUrl(entry: RawEntry, region: string | null): string | null {
  const { complain } = entry;
  const version = lookUp(entry, "identity_api_version") ?? "3";
  if (!/^v?3(\.\d+)?$/.test(version)) {
    complain("identity_api_version", `is ${version}. Keystone v2.0 is gone: write "3"`);
  }
  const written = lookUp(entry, "auth_url");
  if (written === undefined) {
    complain("auth.auth_url", "is missing. Write the URL of Keystone, https://…:5000/v3");
    return null;
  }
  const url = withRegion(written, region).replace(/\/+$/, "");
  if (!urlSchema.safeParse(url).success) {
    complain("auth.auth_url", `"${written}" is no URL. Write https://…:5000/v3`);
    return null;
  }
  if (url.endsWith("/v2.0")) {
    complain("auth.auth_url", `"${written}" is Keystone v2.0, which is gone. Write …/v3`);
    return null;
  }
  return url.endsWith("/v3") ? url : `${url}/v3`;
}

function readUrl(entry: RawEntry, field: string): string | null {
  const url = lookUp(entry, field);
  if (url === undefined) return null;
  if (!urlSchema.safeParse(url).success) entry.complain(field, `"${url}" is no URL`);
  return url;
}

/** `insecure: true` wins, as in openstacksdk. */
function readVerify(entry: RawEntry): boolean {
  const insecure = readBoolean(entry, "insecure") ?? false;
  const verify = readBoolean(entry, "verify") ?? true;
  return verify && !insecure;
}

function readBoolean(entry: RawEntry, field: string): boolean | undefined {
  const raw = lookUpRaw(entry, field);
  if (raw instanceof PythonValue && raw.kind === "boolean") return raw.value === "true";
  const written = lookUp(entry, field)?.toLowerCase();
  if (written === undefined) return undefined;
  if (["true", "yes", "on", "1"].includes(written)) return true;
  if (["false", "no", "off", "0"].includes(written)) return false;
  entry.complain(field, `"${written}" is neither true nor false`);
  return undefined;
}
