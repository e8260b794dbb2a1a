import { closest } from "./did-you-mean.ts";
import { notYet } from "./not-yet.ts";
import type { Path } from "./problem.ts";
import { KNOWN_KEYS } from "./schema.ts";

type Level = keyof typeof KNOWN_KEYS;

/**
 * What to say of a key that has no place in the mapping at `path`.
 * @returns `meant`: the known key of that mapping which was meant, or null.
 */
export function unknownKey(path: Path, key: string): { message: string; meant: string | null } {
  const later = notYet(key);
  if (later !== null) return { message: later, meant: null };
  const level = levelOf(path);
  if (level === "hook" && IN_SETTINGS.includes(key))
    return {
      message: `stands in regild.yml. Write callbacks: { guest: { url: "https://…", secrets: ["whsec_…"] } } there, and to: guest here`,
      meant: null,
    };
  const elsewhere = levels.find((other) => KNOWN_KEYS[other].includes(key));
  if (elsewhere !== undefined) {
    return { message: `does not belong here. Write it ${PLACES[elsewhere]}`, meant: null };
  }
  const meant = closest(key, KNOWN_KEYS[level]);
  const remedy =
    meant === null ? `There are ${KNOWN_KEYS[level].join(", ")}` : `Did you mean ${meant}?`;
  return { message: `unknown key. ${remedy}`, meant };
}

/** Keys of an address and its secrets, which a recipe never holds. */
const IN_SETTINGS = ["url", "secret", "secrets"];

const levels: Level[] = [
  "file",
  "recipe",
  "prepare",
  "image",
  "members",
  "schedule",
  "webhook",
  "inputs",
  "allow_source",
  "callback",
  "commit_status",
  "notifications",
  "zones",
  "console",
  "probe",
  "test_boot",
  "keep",
  "hook",
  "export",
];

const PLACES: Record<Level, string> = {
  file: "at the beginning of a line",
  recipe: "into a recipe, or into defaults",
  prepare: "into prepare: of the recipe",
  hook: "into hook: of the recipe's prepare",
  image: "into image: of the recipe",
  members: "into a member below members: of the recipe's image",
  schedule: "into an entry of schedule:",
  webhook: "into webhook: of the recipe",
  inputs: "into an input below inputs: of the recipe",
  zones: "into a zone below zones: of the recipe",
  test_boot: "into test_boot: of the recipe",
  console: "into console: of the recipe's test_boot",
  probe: "into probe: of the recipe's test_boot",
  callback: "into callback: of the recipe",
  commit_status: "into commit_status: of the recipe",
  notifications: "into an entry of notifications:",
  allow_source: "into allow_source: of the recipe",
  keep: "into keep: of the recipe",
  skip_unchanged: "into skip_unchanged: of the recipe",
  export: "into export: of the recipe",
};

function levelOf(path: Path): Level {
  const isRecipe = path.length === (path[0] === "recipes" ? 2 : 1);
  if (path.length === 0) return "file";
  if (isRecipe) return "recipe";
  if (path.at(-2) === "inputs") return "inputs";
  if (path.at(-2) === "zones") return "zones";
  const field = path.findLast((step) => typeof step === "string");
  return levels.find((level) => level === field) ?? "recipe";
}
