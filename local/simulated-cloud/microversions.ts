import { Refusal, type Service } from "./answers.ts";
import type { Call } from "./call.ts";
import type { Settings } from "./settings.ts";

const MAJOR = { compute: 2, volume: 3 };
/** What the legacy path speaks: compute 2.1. The other services have no such versions. */
const LEGACY_MINOR = 1;
const LEAST = { compute: 1, volume: 0 };

/** On Nova's legacy path the header is neither read nor answered. */
function knowsVersions(service: Service, call: Call): service is "compute" | "volume" {
  if (service === "compute") return !call.path.startsWith("/v2/");
  return service === "volume";
}

/**
 * The minor version that this call speaks.
 * @throws Refusal 406 above what the service knows, 400 for what is no version.
 */
export function agreeOnVersion(settings: Settings, service: Service, call: Call): number {
  if (!knowsVersions(service, call)) return LEGACY_MINOR;
  const newest = service === "compute" ? settings.computeMinor : settings.volumeMinor;
  const asked = askedVersion(service, call);
  if (asked === null) return LEAST[service];
  if (asked === "latest") return newest;
  const [major, minor] = asked.split(".").map(Number);
  if (!/^\d+\.\d+$/u.test(asked) || major === undefined || minor === undefined) {
    const rule = "Must be of format MajorNum.MinorNum.";
    throw new Refusal(400, `API Version String ${asked} is of invalid format. ${rule}`);
  }
  if (major !== MAJOR[service] || minor < LEAST[service] || minor > newest) {
    const least = `${MAJOR[service]}.${LEAST[service]}`;
    const range = `Minimum is ${least} and maximum is ${MAJOR[service]}.${newest}.`;
    throw new Refusal(406, `Version ${asked} is not supported by the API. ${range}`);
  }
  return minor;
}

/** The header by which the answer tells which version it speaks. */
export function namedVersion(service: Service, call: Call): Record<string, string> {
  if (!knowsVersions(service, call) || call.token === null) return {};
  return { "openstack-api-version": `${service} ${MAJOR[service]}.${call.minor}` };
}

function askedVersion(service: "compute" | "volume", call: Call): string | null {
  const header = call.headers["openstack-api-version"];
  if (header !== undefined) {
    for (const part of header.split(",")) {
      const [named, version] = part.trim().split(/\s+/u);
      if (named === service && version !== undefined) return version;
    }
  }
  return service === "compute" ? (call.headers["x-openstack-nova-api-version"] ?? null) : null;
}
