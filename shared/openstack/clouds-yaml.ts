import { mergeAuth, readEntry } from "./cloud-entry.ts";
import type { CloudConfig } from "./config.ts";
import { isPlainMapping, readPythonYaml, Unreadable } from "./python-yaml.ts";

export interface ConfigFile {
  path: string;
  text: string;
}

export interface ConfigProblem {
  /** Path, or `environment`. */
  file: string;
  /** `clouds.NAME.auth.password`, `OS_PASSWORD`; empty: the file as a whole. */
  field: string;
  /** The problem and its remedy; no value of a secret. */
  message: string;
}

export interface CloudsConfig {
  /** Every entry that is complete. */
  clouds: Map<string, CloudConfig>;
  /** Why the other entries are not: by name. A cloud nobody uses may be left as it is. */
  broken: Map<string, ConfigProblem[]>;
  /** Keys of each entry that play no part here, misspelt ones among them. */
  passedOver: Map<string, { keys: string[]; known: string[] }>;
  /** What openstacksdk would take if none is named. */
  defaultCloud: string | null;
  /** Of files as a whole: nothing in them could be read. */
  problems: ConfigProblem[];
}

type Env = Readonly<Record<string, string | undefined>>;

/** These choose a cloud, and describe none (openstacksdk, config/loader.py, `_get_os_environ`). */
const SELECTORS = new Set([
  "OS_CLOUD",
  "OS_REGION_NAME",
  "OS_CLIENT_CONFIG_FILE",
  "OS_CLIENT_SECURE_FILE",
  "OS_CLOUD_NAME",
]);

/** By openstacksdk's rules: secure.yaml is laid over clouds.yaml, OS_* variables make one more cloud. */
export function readClouds(
  files: { clouds: ConfigFile | null; secure: ConfigFile | null; profiles?: ConfigFile | null },
  env: Env,
): CloudsConfig {
  const found: CloudsConfig = {
    clouds: new Map(),
    broken: new Map(),
    passedOver: new Map(),
    defaultCloud: env["OS_CLOUD"] || null,
    problems: [],
  };
  const entries = mergeMappings(
    entriesOf(files.clouds, "clouds", found.problems),
    entriesOf(files.secure, "clouds", found.problems),
  );
  const profiles = entriesOf(files.profiles ?? null, "public-clouds", found.problems);
  for (const [name, written] of Object.entries(entries)) {
    const fields = withProfile(written, profiles);
    const file = (files.clouds ?? files.secure)?.path ?? "";
    addEntry(found, name, fields, file, (field) => `clouds.${name}.${field}`);
  }
  addEnvironment(found, env);
  const [only, ...others] = [...found.clouds.keys(), ...found.broken.keys()];
  if (found.defaultCloud === null && others.length === 0) found.defaultCloud = only ?? null;
  return found;
}

function addEnvironment(found: CloudsConfig, env: Env): void {
  const name = env["OS_CLOUD_NAME"] ?? "envvars";
  const variables = Object.keys(env).filter((key) => /^OS_(?!TEST|STD|LOG)/.test(key));
  if (variables.every((key) => SELECTORS.has(key))) return;
  if (found.clouds.has(name) || found.broken.has(name)) {
    found.problems.push({
      file: "environment",
      field: "OS_CLOUD_NAME",
      message: `clouds.yaml has a cloud "${name}" too. Rename one, or unset the OS_* variables`,
    });
    return;
  }
  const fields = variables.map((key) => [key.slice("OS_".length).toLowerCase(), env[key]] as const);
  const variable = (field: string) => `OS_${field.replace("auth.", "").toUpperCase()}`;
  // OS_CLOUD says which entry to use; in a file `cloud` would be a vendor profile.
  const described = Object.fromEntries(fields.filter(([field]) => field !== "cloud"));
  addEntry(found, name, described, "environment", variable);
  found.defaultCloud ??= name;
}

function addEntry(
  found: CloudsConfig,
  name: string,
  fields: unknown,
  file: string,
  fieldName: (field: string) => string,
): void {
  const problems: ConfigProblem[] = [];
  if (isPlainMapping(fields)) {
    const { config, passedOver, known } = readEntry(name, fields, (field, message) => {
      problems.push({ file, field: fieldName(field), message });
    });
    if (config !== null) found.clouds.set(name, config);
    if (passedOver.length > 0) found.passedOver.set(name, { keys: passedOver, known });
  } else {
    const message = fields instanceof Unreadable ? fields.problem : "is no mapping of settings";
    problems.push({ file, field: `clouds.${name}`, message });
  }
  if (problems.length > 0) found.broken.set(name, problems);
}

/** A profile of clouds-public.yaml lies under the entry that names it. */
function withProfile(fields: unknown, profiles: Record<string, unknown>): unknown {
  if (!isPlainMapping(fields)) return fields;
  const { profile: named, cloud, ...own } = fields;
  const name = named ?? cloud;
  const profile = typeof name === "string" ? profiles[name] : undefined;
  return isPlainMapping(profile) ? mergeAuth(profile, own) : fields;
}

function entriesOf(
  file: ConfigFile | null,
  key: "clouds" | "public-clouds",
  problems: ConfigProblem[],
): Record<string, unknown> {
  if (file === null) return {};
  const complain = (field: string, message: string) => {
    problems.push({ file: file.path, field, message });
    return {};
  };
  let content: unknown;
  try {
    content = readPythonYaml(file.text);
  } catch (error) {
    return complain("", `is no YAML: ${error instanceof Error ? error.message : ""}`);
  }
  if (!isPlainMapping(content)) {
    return complain("", `is empty, or no mapping. It starts with ${key}:`);
  }
  const entries = content[key];
  return isPlainMapping(entries) ? entries : complain(key, "is missing, or no mapping of clouds");
}

function mergeMappings(
  under: Record<string, unknown>,
  over: Record<string, unknown>,
): Record<string, unknown> {
  const merged = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] =
      isPlainMapping(below) && isPlainMapping(value) ? mergeMappings(below, value) : value;
  }
  return merged;
}
