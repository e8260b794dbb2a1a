/** createImage takes a server in these; of a paused one only without volumes. Source: Nova compute/api.py, check_instance_state. */
export const TAKEABLE = ["ACTIVE", "SHUTOFF", "SUSPENDED", "PAUSED"];
/** Somebody put the server into these, and it stays there until somebody takes it out: waiting is of no use. */
export const LASTING = [
  "PAUSED",
  "SUSPENDED",
  "SHELVED",
  "SHELVED_OFFLOADED",
  "SOFT_DELETED",
  "RESCUE",
  "VERIFY_RESIZE",
];
