import { closest } from "../recipe/did-you-mean.ts";
import { partition, pathOf } from "../recipe/issues.ts";
import { byPosition, pathText, type Path, type Problem } from "../recipe/problem.ts";
import { type Place, YamlFile } from "../recipe/yaml-file.ts";
import { CALLBACK_KEYS } from "../callback/target.ts";
import { RULE_KEYS, WORKSPACE_KEYS } from "../chat/workspace-schema.ts";
import { KEYS_IN_TARGET, TARGET_KEYS } from "../notify/target.ts";
import { SENDER_KEYS } from "../webhook/config-file.ts";
import { OIDC_GRANT_KEYS, OIDC_KEYS } from "./oidc.ts";
import { FILE_KEYS, settingsFile } from "./settings-file.ts";
import { NO_SECRETS, type SecretReader, withSecrets } from "./secrets-elsewhere.ts";
import { NO_SETTINGS, type Settings } from "./settings.ts";

/**
 * Reads regild.yml: every sender and chat workspace by its name, or all problems, in the order of the file.
 * @param file its name, for the problems. @param secretIn reads a secret that stands elsewhere.
 */
export function readSettings(
  text: string,
  file: string,
  secretIn: SecretReader = NO_SECRETS,
): Settings | { problems: Problem[] } {
  const problems: Problem[] = [];
  const report = (place: Place, path: Path, message: string): void => {
    problems.push({ file, ...place, path: pathText(path), message });
  };
  const yaml = new YamlFile(text);
  for (const { offset, path, message, unreadable } of yaml.problems) {
    // What is said of a line that is no YAML quotes it.
    if (unreadable) report(yaml.place(offset), [], BROKEN);
    else report(yaml.place(offset), path.slice(0, SENDER_FIELD), message);
  }
  const { data, unread } = withSecrets(yaml.data, secretIn);
  for (const { path, problem } of unread) report(yaml.placeOf(path), path, problem);
  const isNew = ({ path }: { path: PropertyKey[] }): boolean =>
    !unread.some((is) => pathText(is.path) === pathText(pathOf(path)));
  const read = settingsFile.safeParse(data);
  if (yaml.data !== undefined && !read.success)
    reportIssues(read.error.issues.filter(isNew), yaml, report);
  return read.success && problems.length === 0
    ? {
        senders: new Map(Object.entries(read.data.senders ?? {})),
        chat: new Map(Object.entries(read.data.chat ?? {})),
        callbacks: new Map(Object.entries(read.data.callbacks ?? {})),
        notifications: new Map(Object.entries(read.data.notifications ?? {})),
        signIn: read.data.sign_in ?? NO_SETTINGS.signIn,
        oidc: read.data.oidc ?? null,
      }
    : { problems: problems.toSorted(byPosition) };
}

const BROKEN = "this is no YAML. Put every secret in quotes, and indent with blanks";
/** `senders`, a sender, its field: what is below may be a secret. */
const SENDER_FIELD = 3;

function reportIssues(
  issues: Parameters<typeof partition>[0],
  yaml: YamlFile,
  report: (place: Place, path: Path, message: string) => void,
): void {
  const [unknown, wrong] = partition(issues);
  const mistyped = new Set<string>();
  for (const issue of unknown) {
    const parent = pathOf(issue.path);
    for (const key of issue.keys) {
      const known = keysAt(parent);
      const meant = closest(key, known);
      const remedy = meant === null ? `There are ${known.join(", ")}` : `Did you mean ${meant}?`;
      report(yaml.placeOfKey([...parent, key]), [...parent, key], `unknown key. ${remedy}`);
      if (meant !== null) mistyped.add(pathText([...parent, meant]));
    }
  }
  for (const issue of wrong) {
    const path = pathOf(issue.path);
    if (issue.code === "invalid_key") {
      report(yaml.placeOfKey(path), path, issue.issues[0]?.message ?? issue.message);
    } else if (path.length === 0) {
      report(yaml.placeOf(path), path, `the file ${issue.message}`);
    } else if (yaml.has(path)) {
      report(yaml.placeOf(path), path, issue.message);
    } else if (path.length === 1 ? mistyped.size === 0 : !mistyped.has(pathText(path))) {
      report(yaml.placeOf(path), path.slice(0, -1), `${String(path.at(-1))} ${issue.message}`);
    }
  }
}

/** The keys that there are in the mapping at this place. */
function keysAt([section, part, field]: Path): readonly string[] {
  if (section === undefined) return FILE_KEYS;
  if (section === "oidc") return part === undefined ? OIDC_KEYS : OIDC_GRANT_KEYS;
  if (section === "senders") return SENDER_KEYS;
  if (section === "callbacks") return CALLBACK_KEYS;
  if (section === "notifications") return KEYS_IN_TARGET[String(field)] ?? TARGET_KEYS;
  return field === undefined ? WORKSPACE_KEYS : RULE_KEYS;
}
