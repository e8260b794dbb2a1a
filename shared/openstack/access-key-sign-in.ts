import * as z from "zod/mini";
import { classify, type Attempt } from "./classify.ts";
import type { AccessKeyAuth, CloudConfig } from "./config.ts";
import { CloudError } from "./errors.ts";
import { exchange, type Wire } from "./exchange.ts";
import type { Token } from "./identity.ts";
import { readCatalog } from "./token-catalog.ts";
import { maskedAnswer, withSignature } from "./access-key.ts";
import { readable, type Answer } from "./answer.ts";

/** After that the catalog is asked for again. */
const CATALOG_LIFE_MS = 3_600_000;

const projectsSchema = z.object({
  projects: z.array(
    z.object({ id: z.string(), name: z.string(), domain_id: z.nullish(z.string()) }),
  ),
});
const catalogSchema = z.object({ catalog: z.unknown() });

/**
 * There is no token to fetch. Asks identity for the project's id, if only its name is known, and for the catalog: the
 * answers show whether the key is good. Source: IAM API reference, "Querying Project Information" and "Querying a Service
 * Catalog"; gophertelekomcloud asks the same (openstack/client.go, v3AKSKAuth).
 */
export async function signInWithAccessKey(
  config: CloudConfig,
  auth: AccessKeyAuth,
  wire: Wire,
  giveUpAtMs: number,
): Promise<Token> {
  const ask = (operation: string, path: string, headers: Record<string, string>) =>
    askIdentity({ operation, path, headers }, { config, auth, wire, giveUpAtMs });
  const project =
    "id" in auth.project
      ? { id: auth.project.id, name: auth.project.id }
      : await findProject(config, auth, auth.project.name, ask);
  const answer = await ask("listCatalog", "/auth/catalog", { "x-project-id": project.id });
  const { catalog, unusable } = readCatalog(answer.read(catalogSchema).catalog);
  return {
    value: null,
    expiresAtMs: wire.now() + CATALOG_LIFE_MS,
    lifeMs: null,
    projectId: project.id,
    projectName: project.name,
    roles: [],
    catalog,
    unusableEntries: unusable,
    accessRules: null,
  };
}

type Ask = (operation: string, path: string, headers: Record<string, string>) => Promise<Answer>;

async function findProject(
  { name: cloud }: CloudConfig,
  { domainId }: AccessKeyAuth,
  name: string,
  ask: Ask,
): Promise<{ id: string; name: string }> {
  const path = `/projects?${new URLSearchParams({ name }).toString()}`;
  const answer = await ask(
    "findProject",
    path,
    domainId === null ? {} : { "x-domain-id": domainId },
  );
  const found = answer
    .read(projectsSchema)
    .projects.filter(
      (project) =>
        project.name === name &&
        (domainId === null || (project.domain_id ?? domainId) === domainId),
    );
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  const problem =
    only === undefined
      ? `the access key sees no project "${name}". Check project_name (on Open Telekom Cloud it begins with the region: eu-de_…)`
      : `${found.length} projects are named "${name}". Write project_id in its place: ${found.map(({ id }) => id).join(", ")}`;
  throw new CloudError(`cloud ${cloud}: ${problem}`, { kind: "refused", code: "configuration" });
}

async function askIdentity(
  {
    operation,
    path,
    headers,
  }: { operation: string; path: string; headers: Record<string, string> },
  on: { config: CloudConfig; auth: AccessKeyAuth; wire: Wire; giveUpAtMs: number },
): Promise<Answer> {
  const { config, auth, wire, giveUpAtMs } = on;
  const request = {
    service: "identity" as const,
    effect: "read" as const,
    method: "GET" as const,
    url: `${config.authUrl}${path}`,
    headers,
    body: null,
    giveUpAtMs,
  };
  const sent = await exchange(withSignature(request, auth, wire.now()), wire);
  const answer = maskedAnswer(sent.answer, auth);
  const attempt: Attempt = { operation, effect: "read", call: sent.call };
  if (answer.kind === "response" && answer.status === 200) return readable(attempt, answer);
  const error = classify(attempt, answer, wire.now());
  throw answer.kind === "failure" ? error : explained(config, auth, error);
}

/** Names the cloud and the fields to look at. */
function explained({ name }: CloudConfig, auth: AccessKeyAuth, error: CloudError): CloudError {
  const isRefused = error.code === "sign-in-failed";
  if (!isRefused && error.code !== "not-found" && error.code !== "configuration") return error;
  if (error.call?.status === 407) return error;
  const key =
    auth.securityToken === null
      ? "access_key and secret_key"
      : "access_key, secret_key and security_token, and whether the temporary key has expired";
  const remedy = isRefused
    ? `check ${key}, and this machine's clock: it may be 15 minutes off at most`
    : "check auth_url: this is no Keystone v3";
  return new CloudError(`${error.message}. Cloud ${name}: ${remedy}`, {
    kind: "refused",
    code: isRefused ? "sign-in-failed" : "configuration",
    call: error.call,
    cause: error,
  });
}
