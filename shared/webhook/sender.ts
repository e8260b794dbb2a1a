/** How a sender proves that a delivery is its own. */
export const SCHEMES = ["github", "gitlab", "standard_webhooks"] as const;
export type Scheme = (typeof SCHEMES)[number];

/** A system that may start runs, as regild.yml has it. */
export interface Sender {
  scheme: Scheme;
  /** Each is good for a delivery: two while one takes the place of the other. */
  secrets: readonly string[];
}
