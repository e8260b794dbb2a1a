import * as z from "zod/mini";
import type { CatalogService, CloudConfig } from "./config.ts";
import { readAuth } from "./cloud-auth.ts";
import { lookUp, type Complain, type RawEntry } from "./raw-entry.ts";

const INTERFACES = ["public", "internal", "admin"] as const;

/** Prefixes of `…_endpoint_override`, as openstacksdk spells the services. */
const OVERRIDES: Record<CatalogService, string[]> = {
  compute: ["compute"],
  volume: ["block_storage", "volumev3", "volume"],
  image: ["image"],
};

const urlSchema = z.url({ protocol: /^https?$/ });

/** @returns null: `complain` was told why, of everything at once. */
export function readEntry(name: string, entry: RawEntry, complain: Complain): CloudConfig | null {
  let complaints = 0;
  const count: Complain = (field, message) => {
    complaints += 1;
    complain(field, message);
  };
  if (entry.fields["profile"] !== undefined || entry.fields["cloud"] !== undefined) {
    count(
      entry.fields["profile"] === undefined ? "cloud" : "profile",
      "vendor profiles are not read. Write its auth_url, regions and the like into this entry; " +
        `openstack --os-cloud ${name} configuration show prints them`,
    );
  }
  const regionNames = readRegions(entry, count);
  const authUrl = readAuthUrl(entry, regionNames[0] ?? null, count);
  const auth = readAuth(entry, count);
  const config = {
    name,
    regionNames,
    interface: readInterface(entry, count),
    endpointOverrides: readOverrides(entry, count),
    tls: {
      cacert: lookUp(entry, "cacert") ?? null,
      cert: lookUp(entry, "cert") ?? null,
      key: lookUp(entry, "key") ?? null,
      verify: readVerify(entry, count),
    },
    proxy: readUrl(entry, "proxy", count),
  };
  if (complaints > 0 || authUrl === null || auth === null) return null;
  return { ...config, authUrl, auth };
}

/** With exactly one `/v3` at its end. `{region_name}` is filled in, as openstacksdk does. */
function readAuthUrl(entry: RawEntry, region: string | null, complain: Complain): string | null {
  const written = lookUp(entry, "auth_url");
  if (written === undefined) {
    complain("auth.auth_url", "is missing. Write the URL of Keystone, https://…:5000/v3");
    return null;
  }
  const url = written.replaceAll("{region_name}", region ?? "{region_name}").replace(/\/+$/, "");
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

/** `regions` (a list) or `region_name` (one, a list, or several with commas), the default first. */
function readRegions(entry: RawEntry, complain: Complain): string[] {
  const schema = z.array(
    z.union([
      z.string(),
      z.pipe(
        z.strictObject({ name: z.string() }),
        z.transform(({ name }) => name),
      ),
    ]),
  );
  const { regions, region_name } = entry.fields;
  if (regions !== undefined) {
    const parsed = schema.safeParse(regions);
    if (parsed.success) return parsed.data;
    complain("regions", "is no list of names. Settings per region (values) are not read");
    return [];
  }
  if (region_name == null || region_name === "") return [];
  const listed = typeof region_name === "string" ? region_name.split(",") : region_name;
  const parsed = schema.safeParse(listed);
  if (parsed.success) return parsed.data.map((name) => name.trim());
  complain("region_name", "is no name. Write region_name: RegionOne");
  return [];
}

function readInterface(entry: RawEntry, complain: Complain): CloudConfig["interface"] {
  const written = lookUp(entry, "interface") ?? lookUp(entry, "endpoint_type") ?? "public";
  const found = INTERFACES.find((word) => written === word || written === `${word}URL`);
  if (found === undefined) {
    complain("interface", `"${written}" is none of ${INTERFACES.join(", ")}`);
  }
  return found ?? "public";
}

function readOverrides(entry: RawEntry, complain: Complain): CloudConfig["endpointOverrides"] {
  const found: CloudConfig["endpointOverrides"] = {};
  for (const service of ["compute", "volume", "image"] as const) {
    for (const prefix of OVERRIDES[service]) {
      const url = readUrl(entry, `${prefix}_endpoint_override`, complain);
      if (url !== null) found[service] ??= url;
    }
  }
  return found;
}

function readUrl(entry: RawEntry, field: string, complain: Complain): string | null {
  const url = lookUp(entry, field);
  if (url === undefined) return null;
  if (!urlSchema.safeParse(url).success) complain(field, `"${url}" is no URL`);
  return url;
}

/** `insecure: true` wins, as in openstacksdk. */
function readVerify(entry: RawEntry, complain: Complain): boolean {
  const insecure = readBoolean(entry, "insecure", complain) ?? false;
  const verify = readBoolean(entry, "verify", complain) ?? true;
  return verify && !insecure;
}

function readBoolean(entry: RawEntry, field: string, complain: Complain): boolean | undefined {
  const written = lookUp(entry, field)?.toLowerCase();
  if (written === undefined) return undefined;
  if (["true", "yes", "on", "1"].includes(written)) return true;
  if (["false", "no", "off", "0"].includes(written)) return false;
  complain(field, `"${written}" is neither true nor false`);
  return undefined;
}
