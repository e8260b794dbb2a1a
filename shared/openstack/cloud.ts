import type { ApiCall, Cloud, Clouds, Http, Timing } from "../ports.ts";
import type { CloudConfig } from "./config.ts";
import { CloudError } from "./errors.ts";

/** What the adapter needs of its host. */
export interface CloudDeps {
  /** Asked once per cloud: a private CA, client certificate or proxy belongs to one entry. */
  http: (config: CloudConfig) => Http;
  now: () => number;
  timing: Timing;
}

/**
 * Clouds by their names in clouds.yaml. Tokens, catalogs and versions are kept as long as this object:
 * one per process (or per simulated worker).
 */
export function openClouds(configs: ReadonlyMap<string, CloudConfig>, deps: CloudDeps): Clouds {
  return {
    open: ({ cloud, region }, seen) => {
      const config = configs.get(cloud);
      if (config === undefined) throw unknownCloud(cloud, [...configs.keys()]);
      return openCloud(config, region, deps, seen);
    },
  };
}

/** One cloud with a session of its own. */
export function openCloud(
  config: CloudConfig,
  _region: string | null,
  _deps: CloudDeps,
  _seen: (call: ApiCall) => void,
): Cloud {
  throw unknownCloud(config.name, []);
}

function unknownCloud(name: string, known: string[]): CloudError {
  return new CloudError(
    `cloud: clouds.yaml has no entry "${name}". It has: ${known.join(", ") || "none"}`,
    { kind: "refused", code: "configuration" },
  );
}
