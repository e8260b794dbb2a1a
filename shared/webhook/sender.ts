/** How a sender proves that a delivery is its own. */
export const SCHEMES = ["github", "gitlab", "standard_webhooks", "hmac", "bearer"] as const;
export type Scheme = (typeof SCHEMES)[number];

export const ALGORITHMS = ["sha256", "sha512", "sha1"] as const;
export const ENCODINGS = ["hex", "base64"] as const;

/** A system that may start runs, as regild.yml has it. */
export interface Sender extends Places {
  scheme: Scheme;
  /** Each is good for a delivery: two while one takes the place of the other. `bearer`: SHA-256 digests of tokens, in hex. */
  secrets: readonly string[];
  /** The rest is of `hmac`: the header that holds the signature. */
  header?: string;
  /** What precedes the signature in the header: `v1=`. The header may list several values, separated by commas. */
  prefix?: string;
  algorithm?: (typeof ALGORITHMS)[number];
  encoding?: (typeof ENCODINGS)[number];
  /** The header that holds the signed time in seconds. Left out: the body alone is signed. */
  time_header?: string;
  /** What precedes the time in its header: `timestamp=`. */
  time_prefix?: string;
}

/** Where a delivery of `hmac` and `bearer` says which event it is, and which delivery. Fields: names joined by dots. */
export interface Places {
  id_header?: string;
  id_field?: string;
  event_header?: string;
  event_field?: string;
}
