import type { CloudError } from "../openstack/errors.ts";

const SOON_MS = 60_000;
const LATER_MS = 15 * 60_000;

/** Until a zone is asked again: soon if it did not answer, later if it refuses or is in no catalog any more. */
export function retryAfterMs({ kind }: CloudError): number {
  return kind === "refused" ? LATER_MS : SOON_MS;
}
