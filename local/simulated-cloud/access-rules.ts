import type { Service } from "./answers.ts";
import type { Call } from "./call.ts";

/** `service_type` of each service, as operators set it. */
const SERVICE_TYPES: Partial<Record<Service, string>> = {
  compute: "compute",
  volume: "block-storage",
  image: "image",
  network: "network",
};

/**
 * keystonemiddleware's check of a token with access rules: no rule allows the call, or the service does not know its own
 * type, and the token counts as invalid (401).
 */
export function passesAccessRules(service: Service, { world, method, path, token }: Call): boolean {
  const { accessRules, serviceTypeSet } = world.settings;
  const type = SERVICE_TYPES[service];
  if (accessRules === null || type === undefined) return true;
  if (token?.method !== "application_credential") return true;
  if (!serviceTypeSet) return false;
  return accessRules.some(
    (rule) => rule.service === type && rule.method === method && pattern(rule.path).test(path),
  );
}

function pattern(path: string): RegExp {
  const source = path.replace(/\*\*|\*|\{[^}]*\}|\./gu, (token) =>
    token === "**" ? ".*" : token === "." ? "\\." : "[^/]+",
  );
  // Rules name the service's own path; here every service lives below a prefix that it does not see.
  return new RegExp(`^${source}$`, "u");
}
