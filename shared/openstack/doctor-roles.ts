import { finding, type Finding } from "./finding.ts";

/**
 * The default policies let these create, stop and delete in their project; `_member_` is the older name. A reader may
 * do so on Zed all the same, because oslo.policy adds the rules of before until `enforce_new_defaults` is on. It is by
 * default in 2025.1. Source: oslo_policy/policy.py, `register_default`; tried on Zed.
 */
const MAY_CHANGE = ["member", "_member_", "manager", "admin"];

/** Keystone does not tell names of roles apart by case. */
export function rolesFinding(who: string, roles: readonly string[]): Finding {
  const named = roles.length === 0 ? "no role" : `role ${roles.join(", ")}`;
  const message = `${who}, ${named}`;
  const lower = roles.map((role) => role.toLowerCase());
  if (lower.some((role) => MAY_CHANGE.includes(role))) return finding("ok", "identity", message);
  if (lower.every((role) => role === "reader")) {
    return finding(
      "problem",
      "identity",
      `${message}: the default policies of newer releases (2025.1 among them) let it create, stop and delete nothing`,
      "Ask the operator for the role member in this project",
    );
  }
  return finding(
    "unknown",
    "identity",
    `${message}: the name of a role does not tell whether it may create, stop and delete`,
    "Ask the operator whether it may do what the role member may",
  );
}
