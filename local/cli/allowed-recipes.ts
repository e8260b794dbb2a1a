import { readFileSync } from "node:fs";
import type { Workspace } from "../../shared/chat/workspace.ts";
import { closest } from "../../shared/recipe/did-you-mean.ts";
import { pathText, type Problem } from "../../shared/recipe/problem.ts";
import { YamlFile } from "../../shared/recipe/yaml-file.ts";

/** Recipes that a chat's rule allows commands for, and that are not there: such a rule allows less than it seems to. */
export function unknownAllowed(
  configFile: string,
  chat: ReadonlyMap<string, Workspace>,
  recipes: readonly string[],
): Problem[] {
  const found: Problem[] = [];
  const yaml = new YamlFile(readFileSync(configFile, "utf8"));
  for (const [workspace, { allow }] of chat) {
    for (const [index, { recipes: allowed }] of allow.entries()) {
      if (allowed === "any") continue;
      for (const [at, name] of allowed.entries()) {
        if (recipes.includes(name)) continue;
        const path = ["chat", workspace, "allow", index, "recipes", at];
        const meant = closest(name, recipes);
        const remedy =
          meant === null ? "Take it out, or write the recipe" : `Did you mean ${meant}?`;
        const message = `there is no recipe ${name}. ${remedy}`;
        found.push({ file: configFile, ...yaml.placeOf(path), path: pathText(path), message });
      }
    }
  }
  return found;
}
