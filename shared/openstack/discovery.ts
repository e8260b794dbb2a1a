import type { Endpoint } from "./catalog.ts";
import { classify } from "./classify.ts";
import type { CatalogService } from "./config.ts";
import type { Exchanged, ServiceRequest } from "./exchange.ts";
import type { Token } from "./identity.ts";
import { splitVersion } from "./service-url.ts";
import { imageVersions, microversions, type VersionRange } from "./versions.ts";

/**
 * Asks the service's root, or where that is not open to us the endpoint's own version document.
 * @returns null: there are no microversions, or nobody says. Everything works without, if less well.
 * @throws CloudError transient
 */
export async function discoverVersions(
  service: CatalogService,
  endpoint: Endpoint,
  token: Pick<Token, "projectId">,
  giveUpAtMs: number,
  { send, now }: { send: (request: ServiceRequest) => Promise<Exchanged>; now: () => number },
): Promise<VersionRange | null> {
  const split = splitVersion(endpoint, token.projectId);
  if (split === null) return null;
  const { root, version, major } = split;
  // Nova's /v2 and Cinder's /v2 are from before microversions.
  if (version === "v2" && service !== "image") return null;
  for (const url of [`${root}/`, `${root}/${version}/`]) {
    const { answer, call } = await send({
      service,
      effect: "read",
      method: "GET",
      url,
      headers: {},
      body: null,
      giveUpAtMs,
    });
    // Cinder and Glance answer 300 Multiple Choices (seen on Zed).
    if (answer.kind === "response" && (answer.status === 200 || answer.status === 300)) {
      const found = versionsIn(answer.text, service, major);
      if (found !== "no version document") return found;
      continue;
    }
    const error = classify({ operation: "version discovery", effect: "read", call }, answer, now());
    if (error.kind === "transient" && call.status !== 404) throw error;
  }
  return null;
}

/** A root may also be a dashboard's page. */
function versionsIn(
  body: string,
  service: CatalogService,
  major: number,
): VersionRange | null | "no version document" {
  try {
    return service === "image" ? imageVersions(body) : microversions(body, major);
  } catch {
    return "no version document";
  }
}
