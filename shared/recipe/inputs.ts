import { INPUT_REFERENCE } from "./field.ts";
import type { Input, Recipe } from "./recipe.ts";
import { longestName, nameProblem } from "./image-name.ts";
import { propertiesProblem } from "./properties.ts";
import { commitProblem } from "./commit.ts";
import { versionProblem } from "./version.ts";

const LONGEST_VALUE = 128;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Names of the inputs that a text uses. */
export function inputsIn(text: string): string[] {
  if (!text.includes("${{")) return [];
  return Array.from(text.matchAll(INPUT_REFERENCE), ([, name = ""]) => name);
}

/**
 * Fills a recipe's inputs in, once, when its run starts: from there on the run's copy of the recipe has plain texts.
 * @param given by the input's name; an absent one takes its default.
 * @returns why the run cannot start: a sentence about one input.
 */
export function fillInputs(
  recipe: Recipe,
  given: Readonly<Record<string, unknown>>,
): { recipe: Recipe } | { problem: string } {
  const inputs: Record<string, Input> = {};
  for (const [name, input] of Object.entries(recipe.inputs)) {
    const value = textOf(given[name]) ?? input.default;
    if (value === null) return { problem: `input ${name} is missing, and has no default` };
    const problem = valueProblem(value, input);
    if (problem !== null) return { problem: `input ${name} ${problem}` };
    inputs[name] = { ...input, value };
  }
  const filled = withValues({ ...recipe, inputs });
  const longest = longestName(filled);
  const problem = nameProblem(longest);
  if (problem !== null)
    return { problem: `image.name fills to ${JSON.stringify(longest)}, which ${problem}` };
  const wrong = propertiesProblem(filled.image.properties);
  if (wrong !== null) return { problem: `image.properties: ${wrong}` };
  const { version } = filled.image;
  const unfit = version === null ? null : versionProblem(version);
  if (unfit !== null) return { problem: `image.version ${unfit}` };
  const unknown = filled.commitStatus === null ? null : commitProblem(filled.commitStatus);
  return unknown === null ? { recipe: filled } : { problem: `commit_status.${unknown}` };
}

/** The recipe with a value for each input that has one. */
export function withValues(recipe: Recipe): Recipe {
  const fill = (text: string): string =>
    text.replaceAll(INPUT_REFERENCE, (whole, name: string) => recipe.inputs[name]?.value ?? whole);
  const properties: Record<string, string> = {};
  for (const [key, text] of Object.entries(recipe.image.properties)) properties[key] = fill(text);
  const { source, image, commitStatus } = recipe;
  return {
    ...recipe,
    commitStatus:
      commitStatus === null
        ? null
        : {
            ...commitStatus,
            repository: fill(commitStatus.repository),
            sha: fill(commitStatus.sha),
          },
    source: { ...source, idOrName: fill(source.idOrName) },
    image: {
      ...image,
      name: fill(image.name),
      properties,
      version: image.version === null ? null : fill(image.version),
    },
  };
}

/** True if both runs would make the same image of their source: only such runs join. */
export function haveSameInputs(one: Recipe, other: Recipe): boolean {
  const valuesOf = ({ inputs }: Recipe): string =>
    JSON.stringify(
      Object.keys(inputs)
        .toSorted()
        .map((name) => [name, inputs[name]?.value]),
    );
  return valuesOf(one) === valuesOf(other);
}

/** Continues a sentence that begins with the input; null: the value is good. Never quotes it: a sender wrote it. */
export function valueProblem(
  value: string,
  { type, pattern }: Pick<Input, "type" | "pattern">,
): string | null {
  if (value === "") return "is empty";
  if (value.length > LONGEST_VALUE) return `is over ${LONGEST_VALUE} characters long`;
  if (value.includes("${{") || value !== value.trim() || /[\p{C}\p{Zl}\p{Zp}]/u.test(value)) {
    return "holds a variable, a control character, or a blank at an end";
  }
  if (type === "uuid" && !UUID.test(value)) return "is not a UUID";
  if (type === "integer" && !/^-?\d{1,15}$/.test(value)) return "is not a whole number";
  if (pattern !== null && !new RegExp(pattern, "u").test(value))
    return `does not match its pattern, ${pattern}`;
  return null;
}

/** Text and whole numbers, as text; null: there is no such value. */
function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : null;
}
