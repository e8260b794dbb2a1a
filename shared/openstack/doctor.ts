import type { ApiCall } from "../cloud-ports.ts";
import { chooseRegion, imageServices } from "./catalog.ts";
import { openSession, type CloudDeps } from "./cloud.ts";
import { configFor, type CatalogService, type CloudConfig } from "./config.ts";
import { accessKeyFinding } from "./doctor-access-key.ts";
import { quotaFindings } from "./doctor-quota.ts";
import { rolesFinding } from "./doctor-roles.ts";
import { signInRemedy } from "./doctor-sign-in.ts";
import { CloudError } from "./errors.ts";
import { finding, problemOf, type Finding } from "./finding.ts";
import type { Token } from "./identity.ts";
import type { Answer } from "./answer.ts";
import { Service } from "./service.ts";
import type { Session } from "./session.ts";
import { atLeast, versionText, type VersionRange } from "./versions.ts";

const LISTS: Record<
  Exclude<CatalogService, "network" | "cbr">,
  { operation: string; path: string }
> = {
  compute: { operation: "listServers", path: "/servers" },
  volume: { operation: "listSnapshots", path: "/snapshots" },
  image: { operation: "listImages", path: "/images" },
};

const SHORT_TOKEN_MS = 2 * 3_600_000;

/**
 * What these credentials may do and what this cloud can do, as far as reading tells. Nothing is created,
 * stopped or changed.
 */
export async function examine(
  entry: CloudConfig,
  region: string | null,
  deps: CloudDeps,
): Promise<Finding[]> {
  const config = configFor(entry, region);
  const session = openSession(config, deps);
  const calls: ApiCall[] = [];
  const seen = (call: ApiCall) => calls.push(call);
  let token: Token;
  let chosen: string;
  try {
    token = await session.signIn(seen);
  } catch (error) {
    return [problemOf("identity", error, signInRemedy(error, config))];
  }
  const life = token.value === null ? [] : [tokenLife(token)];
  const findings = [signedIn(config, token), ...life, ...unusableEntries(token)];
  try {
    chosen = chooseRegion(config, token.catalog, region);
  } catch (error) {
    const remedy = "Name one: region_name in clouds.yaml or in the recipe";
    return [...findings, problemOf("catalog", error, remedy)];
  }
  for (const kind of ["compute", "volume", "image"] as const) {
    const service = new Service(session, kind, chosen, seen);
    findings.push(...(await examineService(kind, service, session)));
  }
  return [...findings, ...imageServiceFindings(config, token, chosen)];
}

/** A single one is its own finding already, and so is that there is none. */
function imageServiceFindings(config: CloudConfig, token: Token, region: string): Finding[] {
  let services: ReturnType<typeof imageServices>;
  try {
    services = imageServices(config, token, region);
  } catch (error) {
    if (error instanceof CloudError) return [];
    throw error;
  }
  if (services.length < 2) return [];
  const list = services.map(({ region: of, url }) => (of === "" ? url : `${url} in ${of}`));
  return [finding("ok", "image", `image services of the catalog: ${list.join(", ")}`)];
}

async function examineService(
  area: keyof typeof LISTS,
  service: Service,
  session: Session,
): Promise<Finding[]> {
  let answer: Answer;
  let versions: VersionRange | null;
  try {
    versions = await service.versions();
    answer = await service.send({
      ...LISTS[area],
      effect: "read",
      method: "GET",
      query: { limit: "1" },
    });
  } catch (error) {
    return [problemOf(area, error, remedyOf(area, error))];
  }
  const findings = [finding("ok", area, `${area} ${versionsText(versions)}: may be read`)];
  findings.push(clockFinding(area, answer.headers["date"], session.now()));
  if (area === "image") findings.push(hiding(versions));
  if (area === "volume") findings.push(forcedUploads(), ...(await quotaFindings(service)));
  return findings;
}

function signedIn({ auth }: CloudConfig, token: Token): Finding {
  if (auth.kind === "access-key") return accessKeyFinding(auth, token);
  const who = auth.kind === "password" ? "password" : "application credential";
  return rolesFinding(`${who}, project ${token.projectName}`, token.roles);
}

/** Of services that play no part here it is no problem; of the others, their own finding is one. */
function unusableEntries({ unusableEntries: entries }: Token): Finding[] {
  if (entries.length === 0) return [];
  const remedy = "Ask the operator to correct the catalog, if you need that service";
  const message = `catalog entries that cannot be used: ${entries.slice(0, 5).join("; ")}`;
  return [finding("unknown", "catalog", message, remedy)];
}

/** Without service tokens the cloud uses the caller's for the whole upload. */
function tokenLife({ lifeMs }: Token): Finding {
  if (lifeMs === null) {
    return finding(
      "unknown",
      "identity",
      "token life: the times in Keystone's answer are impossible, so a token is renewed after an hour",
      "Ask the operator to check expires_at and the clock of Keystone",
    );
  }
  const hours = Math.round(lifeMs / 360_000) / 10;
  if (lifeMs >= SHORT_TOKEN_MS) return finding("ok", "identity", `tokens live ${hours} h`);
  return finding(
    "unknown",
    "identity",
    `tokens live ${hours} h: an upload that takes longer may fail at its end`,
    "Ask the operator whether services use their own token (send_service_user_token), or for a longer life",
  );
}

function versionsText(versions: VersionRange | null): string {
  return versions === null ? "without microversions" : versionText(versions.max);
}

function hiding(versions: VersionRange | null): Finding {
  if (versions === null) return finding("unknown", "image", "hidden images: nobody says");
  const can = atLeast(versions.max, { major: 2, minor: 7 });
  return finding(
    "ok",
    "image",
    can ? "hidden images: yes" : "hidden images: no, so retired ones stay in everybody's list",
  );
}

function forcedUploads(): Finding {
  return finding(
    "unknown",
    "volume",
    "upload a volume in use: reading cannot tell whether the operator allows it (enable_force_upload)",
    "capture: snapshot (of a volume) and capture: root_volume (of a server) do without",
  );
}

/** Beyond a minute, deadlines and the order of events are no longer what they seem. */
function clockFinding(area: string, date: string | undefined, nowMs: number): Finding {
  const apartSeconds = Math.abs(Date.parse(date ?? "") - nowMs) / 1000;
  // Services under uwsgi send no Date header.
  if (Number.isNaN(apartSeconds)) {
    return finding("unknown", area, "clock: the service does not tell its time");
  }
  // The header has a grain of one second.
  if (apartSeconds <= 2) return finding("ok", area, "clock: the same");
  const message = `clock: ${Math.round(apartSeconds)} s apart`;
  if (apartSeconds <= 60) return finding("ok", area, message);
  return finding("problem", area, message, "Synchronise this machine's clock (NTP)");
}

function remedyOf(area: CatalogService, error: unknown): string | null {
  if (!(error instanceof CloudError)) return null;
  if (error.code === "forbidden") return `Ask the operator for a role that may read ${area}`;
  if (error.code === "not-offered") return "Name another region, or the interface you can reach";
  if (error.kind === "transient") return "Try again; if it stays so, ask the operator";
  return null;
}
