import { closest } from "../../recipe/did-you-mean.ts";
import { allowedRecipes } from "../permissions.ts";
import type { Reply } from "../platform.ts";
import type { Allowable } from "../workspace.ts";
import { type Asked, toUser } from "./command.ts";

/** The same for a recipe that is not there: who may not use a recipe learns nothing of it. */
export function notAllowed({ workspace }: Asked, command: string, about: string): Reply {
  const ask = workspace.ask ?? "the people who run Regild";
  return toUser(`You may not use ${command} for ${about} here`, `Ask ${ask} to allow it.`);
}

/** Names the recipes that the user may mean. */
export function unknownName(asked: Asked, command: Allowable, name: string): Reply {
  const allowed = allowedRecipes(asked.workspace, asked.by, command, asked.recipes.keys());
  const meant = closest(name, allowed);
  if (meant === null) return notAllowed(asked, command, name);
  return toUser(`You have no recipe or run ${name} here`, `Did you mean ${meant}?`);
}

export function missingArgument(asked: Asked, command: Allowable): Reply {
  const allowed = allowedRecipes(asked.workspace, asked.by, command, asked.recipes.keys());
  const [example] = allowed;
  if (example === undefined) return notAllowed(asked, command, "any recipe");
  return toUser(
    `Which recipe? For example: ${asked.by.prefix} ${command} ${example}`,
    `You may name: ${shortList(allowed)}`,
  );
}

const LISTED = 20;

function shortList(names: readonly string[]): string {
  const more = names.length > LISTED ? `, and ${names.length - LISTED} more` : "";
  return names.slice(0, LISTED).join(", ") + more;
}
