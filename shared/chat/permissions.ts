import type { ChatCommand } from "./platform.ts";
import type { Allowable, AllowRule, Workspace } from "./workspace.ts";

type Who = Pick<ChatCommand, "user" | "channel" | "roles">;

/** True if a rule allows this user, in this channel, the command for the recipe. Nobody may do anything else. */
export function isAllowed(
  workspace: Workspace,
  who: Who,
  command: Allowable,
  recipeName: string,
): boolean {
  return workspace.allow.some(
    (rule) =>
      rule.commands.includes(command) &&
      isIn(rule.recipes, recipeName) &&
      isIn(rule.channels ?? "any", who.channel) &&
      isOneOf(workspace, rule, who),
  );
}

/** The recipes that the user may use the command for, in the order of recipes.yml. */
export function allowedRecipes(
  workspace: Workspace,
  who: Who,
  command: Allowable,
  recipeNames: Iterable<string>,
): string[] {
  return [...recipeNames].filter((name) => isAllowed(workspace, who, command, name));
}

function isIn(list: "any" | readonly string[], value: string): boolean {
  return list === "any" || list.includes(value);
}

function isOneOf({ groups = {} }: Workspace, rule: AllowRule, { user, roles }: Who): boolean {
  if (rule.users !== undefined && isIn(rule.users, user)) return true;
  const isInGroup = (group: string): boolean =>
    Object.hasOwn(groups, group) && (groups[group] ?? []).includes(user);
  return (
    (rule.groups ?? []).some(isInGroup) || (rule.roles ?? []).some((role) => roles.includes(role))
  );
}
