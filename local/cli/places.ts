import { existsSync } from "node:fs";
import { join } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

export const FILES = {
  recipes: { option: "--recipes", variable: "REGILD_RECIPES", name: "recipes.yml" },
  config: { option: "--config", variable: "REGILD_CONFIG", name: "regild.yml" },
  data: { option: "--data", variable: "REGILD_DATA", name: "regild.sqlite" },
} as const;
export type FileKind = keyof typeof FILES;

/** Who says where a file is. `folder`: the current one; `user`: a folder by the XDG rules; `system`: /etc, /var/lib. */
export type PlaceSource = "option" | "variable" | "folder" | "user" | "system";

export interface Place {
  /** Relative to the current folder where it is in that. */
  path: string;
  from: PlaceSource;
  isThere: boolean;
}
export type Places = Record<FileKind, Place>;

interface Surroundings {
  /** From the command line and the environment, as they were read. */
  given: Partial<Record<FileKind, { path: string; from: "option" | "variable" }>>;
  env: Env;
  cwd: string;
  home: string;
  exists?: (path: string) => boolean;
}

/**
 * Finds each file: by its option, its variable, in the current folder, the user's folders, the system's. The data file
 * of recipes that are in the current folder is there too: other recipes have other images in other data files, and an
 * image that a data file knows is deleted by the rules of the recipe of that name.
 */
export function findPlaces({ given, env, cwd, home, exists = existsSync }: Surroundings): Places {
  const find = (kind: FileKind, levels: readonly Level[], otherwise: PlaceSource): Place => {
    const named = given[kind];
    if (named !== undefined) return { ...named, isThere: exists(join(...at(cwd, named.path))) };
    const candidates = placesOf(kind, { env, home }).filter(({ from }) => levels.includes(from));
    const found = candidates.find(({ path }) => exists(join(...at(cwd, path))));
    const chosen = found ?? candidates.find(({ from }) => from === otherwise) ?? candidates[0];
    if (chosen === undefined) throw new Error("at least one level is searched");
    return { ...chosen, isThere: found !== undefined };
  };
  const recipes = find("recipes", LEVELS, "folder");
  const isHere = recipes.from === "folder" && recipes.isThere;
  return {
    recipes,
    config: find("config", LEVELS, "folder"),
    data: find("data", isHere ? ["folder"] : LEVELS, recipes.from),
  };
}

const LEVELS = ["folder", "user", "system"] as const;
type Level = (typeof LEVELS)[number];

/** Where a file is looked for that neither option nor variable names, first to last. */
export function placesOf(
  kind: FileKind,
  { env, home }: { env: Env; home: string },
): Array<{ path: string; from: Level }> {
  const { name } = FILES[kind];
  const isData = kind === "data";
  return [
    { path: name, from: "folder" },
    {
      path: join(isData ? xdgData(env, home) : xdgConfig(env, home), "regild", name),
      from: "user",
    },
    { path: join(isData ? "/var/lib/regild" : "/etc/regild", name), from: "system" },
  ];
}

/** Relative paths are invalid and ignored. Source: XDG Base Directory Specification 0.8, "Environment variables". */
function xdgConfig(env: Env, home: string): string {
  return absolute(env["XDG_CONFIG_HOME"]) ?? join(home, ".config");
}

function xdgData(env: Env, home: string): string {
  return absolute(env["XDG_DATA_HOME"]) ?? join(home, ".local/share");
}

function absolute(path = ""): string | null {
  return path.startsWith("/") ? path : null;
}

function at(cwd: string, path: string): string[] {
  return path.startsWith("/") ? [path] : [cwd, path];
}
