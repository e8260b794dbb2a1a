import { partition, pathOf, withoutUnions } from "./issues.ts";
import { pathText, type Path } from "./problem.ts";
import { recipesFile, type RecipesFile } from "./schema.ts";
import { unknownKey } from "./unknown-key.ts";
import type { Place, YamlFile } from "./yaml-file.ts";

export type Report = (place: Place, path: Path, message: string) => void;

export interface ReadFields {
  /** What is good in the file: fields that are wrong by themselves are left out. */
  fields: RecipesFile;
  /** Whether a field, or what it is part of, was left out. Null: none was. */
  isBroken: ((path: Path) => boolean) | null;
}

/** Checks each field of a file by itself, and reports all that are wrong. */
export function readFields(yaml: YamlFile, report: Report): ReadFields {
  const first = recipesFile.safeParse(yaml.data);
  if (first.success) return { fields: first.data, isBroken: null };

  const broken = new Set<string>();
  const isBroken = (path: Path): boolean =>
    path.some((_step, index) => broken.has(pathText(path.slice(0, index + 1))));
  const good: unknown = structuredClone(yaml.data);
  const leaveOut = (path: Path): void => {
    const field = wholeField(path);
    broken.add(pathText(field));
    deleteAt(good, field);
  };
  const [unknown, wrong] = partition(withoutUnions(first.error.issues, yaml.data));
  for (const issue of unknown) {
    const parent = pathOf(issue.path);
    for (const key of issue.keys) {
      const { message, meant } = unknownKey(parent, key);
      report(yaml.placeOfKey([...parent, key]), [...parent, key], message);
      leaveOut([...parent, key]);
      if (meant !== null) broken.add(pathText([...parent, meant]));
    }
  }
  for (const issue of wrong) {
    const path = pathOf(issue.path);
    // A key that is missing was already reported under the name it was mistyped as.
    if (!yaml.has(path) && isBroken(path)) continue;
    if (issue.code === "invalid_key") {
      report(yaml.placeOfKey(path), path, issue.issues[0]?.message ?? issue.message);
    } else if (yaml.has(path)) {
      report(yaml.placeOf(path), path, `${yaml.shown(path)} ${issue.message}`);
    } else {
      report(yaml.placeOf(path), path.slice(0, -1), `${String(path.at(-1))} ${issue.message}`);
    }
    leaveOut(path);
  }

  const second = recipesFile.safeParse(good);
  return { fields: second.success ? second.data : { recipes: {} }, isBroken };
}

/** A wrong part takes its whole field with it: a list or a map of properties is good as a whole or not at all. */
function wholeField(path: Path): Path {
  const fieldAt = path[0] === "recipes" ? 2 : 1;
  const isNested = path[fieldAt] === "prepare" || path[fieldAt] === "image";
  return path.slice(0, fieldAt + (isNested ? 2 : 1));
}

function deleteAt(data: unknown, path: Path): void {
  const [key, ...rest] = path;
  if (key === undefined || typeof data !== "object" || data === null) return;
  if (rest.length === 0) Reflect.deleteProperty(data, key);
  else deleteAt(Reflect.get(data, key), rest);
}
