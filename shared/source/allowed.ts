import type { Server, Volume } from "../cloud-ports.ts";
import type { Problem } from "../context.ts";
import type { Recipe } from "../recipe/recipe.ts";

/**
 * Why a run may not touch the source that its sender named. Null: `allow_source` allows it, or the recipe names its
 * source itself. Denies sources that cannot be read, and sources of other projects, which an administrator's credentials can see.
 */
export function notAllowed(
  recipe: Recipe,
  source: Server | Volume,
  projectId: string,
): Problem | null {
  const { allowSource } = recipe;
  if (allowSource === null) return null;
  const why = mismatch(allowSource, source, projectId);
  if (why === null) return null;
  const { kind } = recipe.source;
  const field = `${recipe.name}.allow_source`;
  return {
    code: "source-not-allowed",
    message: `The start names ${kind} ${source.id}, and ${field} does not allow it: ${why}`,
    remedy: `Nothing was done to the ${kind}. Have the build make it as ${field} says, or change ${field}`,
  };
}

function mismatch(
  { name, metadata }: NonNullable<Recipe["allowSource"]>,
  source: Server | Volume,
  projectId: string,
): string | null {
  if (source.projectId !== null && source.projectId !== projectId) {
    return "it is of another project";
  }
  const unread = ["name", "metadata"].find((field) => source.oddFields.includes(field));
  if (unread !== undefined) return `the cloud shows its ${unread} in a form that cannot be read`;
  if (name !== null && !matches(source.name, name)) return `its name does not match ${name}`;
  for (const [key, wanted] of Object.entries(metadata)) {
    const value = Object.hasOwn(source.metadata, key) ? source.metadata[key] : undefined;
    if (value === undefined) return `its metadata has no ${key}`;
    if (value !== wanted) return `its metadata ${key} is not ${JSON.stringify(wanted)}`;
  }
  return null;
}

/** Matches in time that grows linearly with the name's length, so no pattern can stall a worker. */
function matches(name: string, pattern: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let from = first.length;
  for (const part of others) {
    const at = name.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return from <= name.length - last.length;
}
