import { isAllowed } from "./access-rules.ts";
import type { Attempt } from "./classify.ts";
import type { CatalogService } from "./config.ts";
import { CloudError } from "./errors.ts";
import type { Token } from "./identity.ts";

/** The project that runs each service, as operators know it. */
const PROJECTS: Record<CatalogService, string> = {
  compute: "Nova",
  volume: "Cinder",
  image: "Glance",
  network: "Neutron",
  cbr: "CBR",
};

/** `service_type` of a service's own configuration; Cinder's may also be an older name. */
const SERVICE_TYPES: Record<CatalogService, string> = {
  compute: "compute",
  volume: "block-storage",
  image: "image",
  network: "network",
  cbr: "cbr",
};

/** Keystone issued the token a moment ago, so the credentials are right: the service itself refuses the token. */
export function refusedToken(
  service: CatalogService,
  { operation, call }: Attempt,
  { value, accessRules }: Pick<Token, "value" | "accessRules">,
): CloudError {
  if (value === null) return refusedSignature(service, { operation, call });
  const evidence = [call.status, call.requestId].filter((part) => part !== null).join(", ");
  return new CloudError(
    `${service} refused ${operation} with a token that Keystone issued a moment ago (${evidence}), ` +
      `so the credentials are right. ${causeOf(service, call, accessRules)}`,
    { kind: "refused", code: "token-refused", call },
  );
}

/** Identity has accepted the same key a moment ago, with the same signature. */
function refusedSignature(
  service: CatalogService,
  { operation, call }: Pick<Attempt, "operation" | "call">,
): CloudError {
  return new CloudError(
    `${service} refused ${operation} with an access key that identity accepted a moment ago (${call.status}). ` +
      `Check whether a proxy changes the request on its way, and whether ${service} takes signed requests in this region`,
    { kind: "refused", code: "token-refused", call },
  );
}

function causeOf(
  service: CatalogService,
  call: Attempt["call"],
  rules: Token["accessRules"],
): string {
  const project = PROJECTS[service];
  if (rules === null) {
    return (
      `Ask the cloud's operator whether ${project} checks tokens at this Keystone ` +
      `(auth_url in its [keystone_authtoken]), and whether all Keystones have the same keys`
    );
  }
  if (!isAllowed(rules, service, call)) {
    return (
      `The application credential has access rules, and none allows ${call.method} ${call.path} ` +
      `of ${service}. Create one with that rule, or without access rules`
    );
  }
  return (
    "The application credential has access rules, and they allow this call. Ask the cloud's operator " +
    `to set service_type = ${SERVICE_TYPES[service]} in [keystone_authtoken] of ${project}: ` +
    `without it ${project} refuses every token with access rules`
  );
}
