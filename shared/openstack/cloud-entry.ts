import { readAuth } from "./cloud-auth.ts";
import type { CloudConfig } from "./config.ts";
import { lookUp, lookUpRaw, passedOver, rawEntry, type RawEntry } from "./raw-entry.ts";
import { readRegions } from "./regions.ts";
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

/** Read like the entry above, without its regions: a region's `values` lie over the entry's own. */
export function readEntry(
  name: string,
  fields: Record<string, unknown>,
  complain: (field: string, message: string) => void,
): ReadEntry {
  let complaints = 0;
  const entry = rawEntry(fields, (field, message) => {
    complaints += 1;
    complain(field, message);
  });
  refuseProfile(name, entry);
  const regions = readRegions(entry);
  const regionNames = regions.map((region) => region.name);
  const authUrl = readAuthUrl(entry, regionNames[0] ?? null);
  const auth = readAuth(entry, entry.complain);
  const base = {
    name,
    regionNames,
    interfaces: readInterfaces(entry, ["interface", "endpoint_type"]) ?? ["public" as const],
    services: readServices(entry),
    endpointOverrides: readOverrides(entry, regionNames[0] ?? null),
    tls: {
      cacert: lookUp(entry, "cacert") ?? null,
      cert: lookUp(entry, "cert") ?? null,
      key: lookUp(entry, "key") ?? null,
      verify: readVerify(entry),
    },
    proxy: readUrl(entry, "proxy"),
  };
  const others = passedOver(entry);
  const known = [...entry.asked];
  const variants = new Map<string, CloudConfig>();
  for (const region of regions.filter(({ values }) => values !== null)) {
    const over = overlaid(fields, region.name, region.values ?? {});
    const read = readEntry(`${name}:${region.name}`, over, (field, message) =>
      entry.complain(`regions.${region.name}.${field}`, message),
    );
    if (read.config !== null) variants.set(region.name, { ...read.config, regionNames });
    others.push(...read.passedOver.filter((key) => !others.includes(key)));
  }
  if (complaints > 0 || authUrl === null || auth === null) {
    return { config: null, passedOver: others, known };
  }
  return { config: { ...base, authUrl, auth, variants }, passedOver: others, known };
}

/** Fields of `auth` one by one, all others as they are (openstacksdk, `_auth_update`). */
function overlaid(
  fields: Record<string, unknown>,
  region: string,
  values: Record<string, unknown>,
): Record<string, unknown> {
  const { regions: _, ...own } = fields;
  return { ...mergeAuth(own, values), region_name: region };
}

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
