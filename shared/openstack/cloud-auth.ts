import { isAccessKeyGiven, readAccessKey } from "./access-key-entry.ts";
import type { CloudConfig, DomainRef, PasswordAuth } from "./config.ts";
import { lookUp, lookUpScope, readSecret, type Complain, type RawEntry } from "./raw-entry.ts";

const SUPPORTED = "Supported are password, v3applicationcredential and aksk";

/** @returns null: `complain` was told why. */
export function readAuth(entry: RawEntry, complain: Complain): CloudConfig["auth"] | null {
  const type = lookUp(entry, "auth_type") ?? lookUp(entry, "auth_plugin") ?? guessType(entry);
  switch (type) {
    case "password":
    case "v3password":
      return readPassword(entry, complain);
    case "v3applicationcredential":
      return readApplicationCredential(entry, complain);
    case "aksk":
      return readAccessKey(entry, complain);
    case "token":
    case "v3token":
      complain(
        "auth_type",
        `${type} is not supported: a token ends within hours. Use an application credential: ` +
          "openstack application credential create regild",
      );
      return null;
    default:
      complain("auth_type", `${type} is not supported. ${SUPPORTED}`);
      return null;
  }
}

function guessType(entry: RawEntry): string {
  const isCredential =
    lookUp(entry, "application_credential_id") ?? lookUp(entry, "application_credential_name");
  if (isCredential !== undefined) return "v3applicationcredential";
  return isAccessKeyGiven(entry) ? "aksk" : "password";
}

function readPassword(entry: RawEntry, complain: Complain): PasswordAuth | null {
  const user = readUser(entry, complain);
  const password = readSecret(entry, "password", complain);
  const project = readProject(entry, complain);
  if (user === null || password === null || project === null) return null;
  return { kind: "password", user, password, project };
}

function readApplicationCredential(
  entry: RawEntry,
  complain: Complain,
): CloudConfig["auth"] | null {
  const secret = readSecret(entry, "application_credential_secret", complain);
  const id = lookUp(entry, "application_credential_id");
  const name = lookUp(entry, "application_credential_name");
  if (id !== undefined) {
    return secret === null ? null : { kind: "application-credential", credential: { id }, secret };
  }
  if (name === undefined) {
    complain("auth.application_credential_id", "is missing");
    return null;
  }
  const user = readUser(entry, complain);
  if (user === null || secret === null) return null;
  return { kind: "application-credential", credential: { name, user }, secret };
}

function readUser(entry: RawEntry, complain: Complain): PasswordAuth["user"] | null {
  const id = lookUp(entry, "user_id");
  if (id !== undefined) return { id };
  const name = lookUp(entry, "username") ?? lookUp(entry, "user_name");
  if (name === undefined) {
    complain("auth.username", "is missing, and so is user_id");
    return null;
  }
  return { name, domain: readDomain(entry, "user") };
}

function readProject(entry: RawEntry, complain: Complain): PasswordAuth["project"] | null {
  const id = lookUpScope(entry, "tenant_id", "project_id");
  if (id !== undefined) return { id };
  const name = lookUpScope(entry, "tenant_name", "project_name");
  if (name === undefined) {
    complain("auth.project_name", "is missing, and so is project_id: Regild works in one project");
    return null;
  }
  return { name, domain: readDomain(entry, "project") };
}

/** `domain_id` and `domain_name` stand for both; without any it is `default`, as for openstackclient. */
function readDomain(entry: RawEntry, of: "user" | "project"): DomainRef {
  const id = lookUpScope(entry, "domain_id", `${of}_domain_id`);
  if (id !== undefined) return { id };
  const name = lookUpScope(entry, "domain_name", `${of}_domain_name`);
  return name === undefined ? { id: "default" } : { name };
}
