import type { AccessKeyAuth } from "./config.ts";
import {
  isGiven,
  lookUp,
  lookUpScope,
  readSecret,
  type Complain,
  type RawEntry,
} from "./raw-entry.ts";

/**
 * `access_key` and `secret_key`, or `ak` and `sk`: the Terraform provider of Open Telekom Cloud has the long names,
 * python-otcextensions both, gophertelekomcloud the short ones. `security_token` is the provider's.
 */
const ACCESS_KEY = ["access_key", "ak"];
const SECRET_KEY = ["secret_key", "sk"];

/**
 * Whether the key is for signing in. Beside a password it is not: python-otcextensions signs in with the password, and
 * uses the key for object storage alone.
 */
export function isAccessKeyGiven(entry: RawEntry): boolean {
  return ACCESS_KEY.some((field) => isGiven(entry, field)) && !isGiven(entry, "password");
}

/** @returns null: `complain` was told why. */
export function readAccessKey(entry: RawEntry, complain: Complain): AccessKeyAuth | null {
  const accessKey = readSecret(entry, spelling(entry, ACCESS_KEY), complain);
  const secretKey = readSecret(entry, spelling(entry, SECRET_KEY), complain);
  const project = readProject(entry, complain);
  if (accessKey === null || secretKey === null || project === null) return null;
  return {
    kind: "access-key",
    accessKey,
    secretKey,
    securityToken: lookUp(entry, "security_token") ?? null,
    project,
    domainId: lookUpScope(entry, "domain_id", "project_domain_id") ?? null,
  };
}

/** The first spelling that is there, else the first. */
function spelling(entry: RawEntry, spellings: string[]): string {
  return spellings.find((field) => isGiven(entry, field)) ?? spellings[0] ?? "";
}

function readProject(entry: RawEntry, complain: Complain): AccessKeyAuth["project"] | null {
  const id = lookUpScope(entry, "tenant_id", "project_id");
  if (id !== undefined) return { id };
  const name = lookUpScope(entry, "tenant_name", "project_name");
  if (name !== undefined) return { name };
  complain("auth.project_id", "is missing, and so is project_name: Regild works in one project");
  return null;
}
