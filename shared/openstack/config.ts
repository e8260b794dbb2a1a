/** One entry of clouds.yaml, validated and with openstacksdk's old spellings resolved. */
export interface CloudConfig {
  name: string;
  /** Keystone v3, with its `/v3`. */
  authUrl: string;
  auth: PasswordAuth | ApplicationCredentialAuth;
  /** As listed, the default first; empty: whatever the catalog has, if it has one only. */
  regionNames: string[];
  interface: "public" | "internal" | "admin";
  /** `compute_endpoint_override` and its sisters: used as they are, whatever the catalog says. */
  endpointOverrides: Partial<Record<CatalogService, string>>;
  tls: TlsFiles;
  /** URL of a proxy for this cloud alone. */
  proxy: string | null;
}

export type CatalogService = "compute" | "volume" | "image";

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

/** Paths, as clouds.yaml writes them; reading the files is the host's part. */
export interface TlsFiles {
  cacert: string | null;
  cert: string | null;
  key: string | null;
  verify: boolean;
}
