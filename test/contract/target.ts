import type { CloudConfig } from "../../shared/openstack/config.ts";
import type { Http } from "../../shared/ports.ts";
import type { Operator } from "../cloud/operator.ts";

/** An OpenStack to hold to the contract. The suite makes things in it, and removes them again. */
export interface Target {
  config: CloudConfig;
  http: Http;
  now: () => number;
  /** Lets time pass: the virtual clock's or the real one's. */
  pass: (seconds: number) => Promise<void>;
  /** What servers are made of. `network` is an id, or `none`. */
  boot: { flavorName: string; imageName: string; network: string };
  /** Of a network that no other one shares its name with. Null: none is known. */
  networkName: string | null;
  /** A second project, which the first shares nothing with. */
  other: CloudConfig | null;
  /** Null: nobody turns this cloud's knobs for us. */
  operator: Operator | null;
}

/** Looks until there is something to see. */
export async function until<Seen>(
  target: Target,
  what: string,
  observe: () => Promise<Seen | null>,
  seconds = 120,
): Promise<Seen> {
  const endAtMs = target.now() + seconds * 1000;
  while (true) {
    const seen = await observe();
    if (seen !== null) return seen;
    if (target.now() > endAtMs) throw new Error(`gave up on ${what} after ${seconds} s`);
    await target.pass(0.1);
  }
}
