import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  readClouds,
  type CloudsConfig,
  type ConfigFile,
  type ConfigProblem,
} from "../shared/openstack/clouds-yaml.ts";
import type { CloudConfig } from "../shared/openstack/config.ts";
import { proxyFor, proxyUrl, readProxies } from "../shared/lambda/proxies.ts";
import type { TransportOptions } from "./transport.ts";
import { certificatesIn, type RootsProblem, trustedRoots } from "./trusted-roots.ts";

/** Named as the file of a problem in an environment variable. */
export const ENVIRONMENT = "environment";

export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  home: string;
}

export interface LoadedClouds extends CloudsConfig {
  /** How to reach each of `clouds`, certificates read. */
  transports: Map<string, TransportOptions>;
  /** Every path that was tried, for the message that no file was found. `source` is the file that is used. */
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
      ...folders.flatMap((folder) =>
        ["yaml", "yml", "json"].map((ending) => join(folder, `${name}.${ending}`)),
      ),
    ];
    return { searched, file: firstReadable(searched, problems) };
  };
  const clouds = find("clouds", env["OS_CLIENT_CONFIG_FILE"]);
  const secure = find("secure", env["OS_CLIENT_SECURE_FILE"]);
  const profiles = find("clouds-public");
  const files = { clouds: clouds.file, secure: secure.file, profiles: profiles.file };
  const config = readClouds(files, env);
  const loaded: LoadedClouds = {
    ...config,
    problems: [...problems, ...config.problems],
    transports: new Map(),
    searched: clouds.searched,
    source: clouds.file?.path ?? null,
    warnings: [clouds.file, secure.file].flatMap((file) => (file === null ? [] : openToAll(file))),
  };
  const roots = trustedRoots(env);
  for (const [name, cloud] of config.clouds) {
    for (const each of [cloud, ...cloud.variants.values()]) {
      addTransport(loaded, name, each, { env, home, roots });
    }
  }
  return loaded;
}

function addTransport(
  loaded: LoadedClouds,
  name: string,
  cloud: CloudConfig,
  is: Pick<Surroundings, "env" | "home"> & { roots: ReturnType<typeof trustedRoots> },
): void {
  const { env, home, roots } = is;
  const problems: ConfigProblem[] = [];
  const pem = (field: "cacert" | "cert" | "key"): string | null => {
    const written = cloud.tls[field];
    if (written === null) return null;
    const path = written.replace(/^~(?=\/)/, home);
    const text = pemText(path, field);
    if ("text" in text) return text.text;
    const file = loaded.source ?? ENVIRONMENT;
    problems.push({ file, field: `clouds.${name}.${field}`, message: text.problem });
    return null;
  };
  const cert = pem("cert");
  const options: TransportOptions = {
    // One file may hold both, as for openstacksdk.
    tls: { ca: pem("cacert"), cert, key: pem("key") ?? cert, verify: cloud.tls.verify },
    proxies: readProxies(env, cloud.proxy),
  };
  if ("roots" in roots) options.roots = roots.roots;
  else problems.push(...rootsProblems(cloud, roots.problem));
  problems.push(...proxyProblems(cloud, options));
  if (problems.length === 0) {
    loaded.transports.set(cloud.name, options);
    return;
  }
  loaded.clouds.delete(name);
  loaded.broken.set(name, problems);
}

function pemText(
  path: string,
  field: "cacert" | "cert" | "key",
): { text: string } | { problem: string } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { problem: `${path} cannot be read: ${reason}` };
  }
  if (field === "key" || certificatesIn(text).length > 0) return { text };
  return { problem: `${path} holds no certificate (-----BEGIN CERTIFICATE-----)` };
}

/** URLs known before a sign-in. A wrong proxy variable is a problem only if it applies to one of them. */
function knownUrls(cloud: CloudConfig): string[] {
  return [cloud.authUrl, ...Object.values(cloud.endpointOverrides)];
}

function rootsProblems(cloud: CloudConfig, { name, message }: RootsProblem): ConfigProblem[] {
  const isUsed = cloud.tls.verify && cloud.tls.cacert === null;
  if (!isUsed || !knownUrls(cloud).some((url) => url.startsWith("https:"))) return [];
  const remedy = "Correct the variable, or name the CA in the entry: cacert: /path/ca.pem";
  return [{ file: ENVIRONMENT, field: name, message: `${message}. ${remedy}` }];
}

function proxyProblems(cloud: CloudConfig, { proxies }: TransportOptions): ConfigProblem[] {
  const settings = new Set(knownUrls(cloud).map((url) => proxyFor(url, proxies)));
  return [...settings].flatMap((setting) => {
    if (setting === null) return [];
    const read = proxyUrl(setting);
    if ("url" in read) return [];
    return [{ file: ENVIRONMENT, field: setting.name, message: read.problem }];
  });
}

/** Takes the first file that exists. Reports and skips a file that cannot be read. */
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
