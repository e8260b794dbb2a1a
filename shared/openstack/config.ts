/** One entry of clouds.yaml, validated and with openstacksdk's old spellings resolved. */
export interface CloudConfig {
  name: string;
  /** Keystone v3, with its `/v3`. */
  authUrl: string;
  auth: PasswordAuth | ApplicationCredentialAuth | AccessKeyAuth;
  /** As listed, the default first; empty: whatever the catalog has, if it has one only. */
  regionNames: string[];
  /** The first that a service has is used. */
  interfaces: Interface[];
  /** What an entry says of one service alone: `image_interface`, `volume_region_name` … */
  services: Partial<Record<CatalogService, ServiceSettings>>;
  /** `compute_endpoint_override` and its sisters: used as they are, whatever the catalog says. */
  endpointOverrides: Partial<Record<CatalogService, string>>;
  tls: TlsFiles;
  /** URL of a proxy for this cloud alone. */
  proxy: string | null;
  /** The whole entry for those of `regions` that have settings of their own (`values`). */
  variants: ReadonlyMap<string, CloudConfig>;
}

export type Interface = "public" | "internal" | "admin";

/** Missing: as the entry says for all services. */
export interface ServiceSettings {
  interfaces?: Interface[];
  regionName?: string;
  /** In place of the usual types in the catalog. */
  type?: string;
  /** Of several services of a type. */
  name?: string;
}

export type CatalogService = "compute" | "volume" | "image" | "network" | "cbr";

/** By id, or by name within a domain. */
export type DomainRef = { id: string } | { name: string };

export interface PasswordAuth {
  kind: "password";
  user: { id: string } | { name: string; domain: DomainRef };
  password: string;
  project: { id: string } | { name: string; domain: DomainRef };
}

export interface ApplicationCredentialAuth {
  kind: "application-credential";
  credential: { id: string } | { name: string; user: PasswordAuth["user"] };
  secret: string;
}

/** Of Huawei Cloud and Open Telekom Cloud: there is no token, because every request is signed with the key. */
export interface AccessKeyAuth {
  kind: "access-key";
  accessKey: string;
  secretKey: string;
  /** Of a temporary key; null: the key is permanent. */
  securityToken: string | null;
  project: { id: string } | { name: string };
  domainId: string | null;
}

/** Paths, as clouds.yaml writes them; reading the files is the host's part. */
export interface TlsFiles {
  cacert: string | null;
  cert: string | null;
  key: string | null;
  verify: boolean;
}

/** @param region of the recipe; null: the entry's default. */
export function configFor(config: CloudConfig, region: string | null): CloudConfig {
  return config.variants.get(region ?? config.regionNames[0] ?? "") ?? config;
}
