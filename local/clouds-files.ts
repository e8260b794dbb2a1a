import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  readClouds,
  type CloudsConfig,
  type ConfigFile,
  type ConfigProblem,
} from "../shared/openstack/clouds-yaml.ts";
import type { CloudConfig } from "../shared/openstack/config.ts";
import type { TransportOptions } from "./transport.ts";

export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  home: string;
}

export interface LoadedClouds extends CloudsConfig {
  /** How to reach each of `clouds`, certificates read. */
  transports: Map<string, TransportOptions>;
  /** Where was looked, for a message that none was found; the one taken is `source`. */
  searched: string[];
  source: string | null;
  warnings: string[];
}

/** Finds and reads clouds.yaml, secure.yaml and the certificates they name, by openstacksdk's search order. */
export function loadClouds({ env, cwd, home }: Surroundings): LoadedClouds {
  const folders = [cwd, join(home, ".config", "openstack"), "/etc/openstack"];
  const problems: ConfigProblem[] = [];
  const find = (name: string, chosen = "") => {
    const searched = [
      ...(chosen === "" ? [] : [chosen]),
      ...folders.flatMap((folder) => [join(folder, `${name}.yaml`), join(folder, `${name}.yml`)]),
    ];
    return { searched, file: firstReadable(searched, problems) };
  };
  const clouds = find("clouds", env["OS_CLIENT_CONFIG_FILE"]);
  const secure = find("secure", env["OS_CLIENT_SECURE_FILE"]);
  const config = readClouds({ clouds: clouds.file, secure: secure.file }, env);
  const loaded: LoadedClouds = {
    ...config,
    problems: [...problems, ...config.problems],
    transports: new Map(),
    searched: clouds.searched,
    source: clouds.file?.path ?? null,
    warnings: [clouds.file, secure.file].flatMap((file) => (file === null ? [] : openToAll(file))),
  };
  for (const cloud of config.clouds.values()) addTransport(loaded, cloud, { env, home });
  return loaded;
}

function addTransport(
  loaded: LoadedClouds,
  cloud: CloudConfig,
  { env, home }: Pick<Surroundings, "env" | "home">,
): void {
  const problems: ConfigProblem[] = [];
  const pem = (field: "cacert" | "cert" | "key"): string | null => {
    const written = cloud.tls[field];
    if (written === null) return null;
    const path = written.replace(/^~(?=\/)/, home);
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      problems.push({
        file: loaded.source ?? "environment",
        field: `clouds.${cloud.name}.${field}`,
        message: `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      });
      return null;
    }
  };
  const cert = pem("cert");
  const options: TransportOptions = {
    // One file may hold both, as for openstacksdk.
    tls: { ca: pem("cacert"), cert, key: pem("key") ?? cert, verify: cloud.tls.verify },
    proxies: {
      always: cloud.proxy,
      http: env["http_proxy"] ?? env["HTTP_PROXY"] ?? null,
      https: env["https_proxy"] ?? env["HTTPS_PROXY"] ?? null,
      noProxy: env["no_proxy"] ?? env["NO_PROXY"] ?? null,
    },
  };
  if (problems.length === 0) {
    loaded.transports.set(cloud.name, options);
    return;
  }
  loaded.clouds.delete(cloud.name);
  loaded.broken.set(cloud.name, problems);
}

/** The first that exists is taken; one that exists and cannot be read is told and passed over. */
function firstReadable(paths: string[], problems: ConfigProblem[]): ConfigFile | null {
  for (const path of paths) {
    if (!existsSync(path)) continue;
    try {
      return { path, text: readFileSync(path, "utf8") };
    } catch (error) {
      const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      problems.push({ file: path, field: "", message });
    }
  }
  return null;
}

function openToAll({ path, text }: ConfigFile): string[] {
  const isReadableByAll = (statSync(path).mode & 0o004) !== 0;
  if (!isReadableByAll || !/password|secret/.test(text)) return [];
  return [`${path} holds secrets and everybody here can read it. Run: chmod 600 ${path}`];
}
