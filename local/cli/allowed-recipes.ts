import { readFileSync } from "node:fs";
import { closest } from "../../shared/recipe/did-you-mean.ts";
import { type Path, pathText, type Problem } from "../../shared/recipe/problem.ts";
import { YamlFile } from "../../shared/recipe/yaml-file.ts";
import type { Settings } from "../../shared/settings/settings.ts";

/** Recipes that a rule of a chat or of the sign-in allows, and that are not there: it allows less than it seems to. */
export function unknownAllowed(
  configFile: string,
  settings: Pick<Settings, "chat" | "oidc">,
  recipes: readonly string[],
): Problem[] {
  const yaml = new YamlFile(readFileSync(configFile, "utf8"));
  return allowedIn(settings).flatMap(({ path: list, names }) =>
    names.flatMap((name, at) => {
      if (recipes.includes(name)) return [];
      const path = [...list, at];
      const meant = closest(name, recipes);
      const remedy = meant === null ? "Take it out, or write the recipe" : `Did you mean ${meant}?`;
      const message = `there is no recipe ${name}. ${remedy}`;
      return { file: configFile, ...yaml.placeOf(path), path: pathText(path), message };
    }),
  );
}

/** The lists of recipes, each with its place in regild.yml. */
function allowedIn({ chat, oidc }: Pick<Settings, "chat" | "oidc">) {
  const lists: Array<{ path: Path; names: readonly string[] }> = [];
  for (const [workspace, { allow }] of chat) {
    for (const [index, { recipes }] of allow.entries()) {
      if (recipes === "any") continue;
      lists.push({ path: ["chat", workspace, "allow", index, "recipes"], names: recipes });
    }
  }
  for (const [index, { recipes = [] }] of (oidc?.grants ?? []).entries())
    lists.push({ path: ["oidc", "grants", index, "recipes"], names: recipes });
  return lists;
}
