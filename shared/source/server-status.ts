/**
 * createImage takes a server in these; of a paused one only without volumes. Source: Nova compute/api.py,
 * check_instance_state.
 */
export const TAKEABLE = ["ACTIVE", "SHUTOFF", "SUSPENDED", "PAUSED"];
/** A server stays in these until a person changes that, so waiting is useless. */
export const LASTING = [
  "PAUSED",
  "SUSPENDED",
  "SHELVED",
  "SHELVED_OFFLOADED",
  "SOFT_DELETED",
  "RESCUE",
  "VERIFY_RESIZE",
];
