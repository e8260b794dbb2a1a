import * as z from "zod/mini";
import { recipesJsonSchema } from "../../shared/recipe/json-schema.ts";
import { code, GENERATED, markdownTable } from "./markdown.ts";

interface Field {
  type?: string | undefined;
  description?: string | undefined;
  default?: unknown;
  examples?: unknown[] | undefined;
  enum?: unknown[] | undefined;
  const?: unknown;
  minimum?: number | undefined;
  maximum?: number | undefined;
  pattern?: string | undefined;
  properties?: Record<string, Field> | undefined;
  required?: string[] | undefined;
  items?: Field | undefined;
  anyOf?: Field[] | undefined;
  oneOf?: Field[] | undefined;
}

const fieldSchema: z.ZodMiniType<Field> = z.lazy(() =>
  z.object({
    type: z.optional(z.string()),
    description: z.optional(z.string()),
    default: z.optional(z.unknown()),
    examples: z.optional(z.array(z.unknown())),
    enum: z.optional(z.array(z.unknown())),
    const: z.optional(z.unknown()),
    minimum: z.optional(z.number()),
    maximum: z.optional(z.number()),
    pattern: z.optional(z.string()),
    properties: z.optional(z.record(z.string(), fieldSchema)),
    required: z.optional(z.array(z.string())),
    items: z.optional(fieldSchema),
    anyOf: z.optional(z.array(fieldSchema)),
    oneOf: z.optional(z.array(fieldSchema)),
  }),
);
const documentSchema = z.object({ definitions: z.object({ recipe: fieldSchema }) });

/** Of text that the schema itself gives no example of. */
const EXAMPLES: Record<string, string> = {
  cloud: "mycloud",
  region_name: "RegionOne",
  server: "web-golden",
  volume: "data-golden",
  timezone: "Europe/Berlin",
  "schedule.timezone": "Europe/Berlin",
  "webhook.sender": "ci",
  "webhook.event": "image.ready",
  "webhook.when": "branch == 'main'",
};

export interface ReferenceRow {
  /** `image.min_disk` */
  path: string;
  field: Field;
  isRequired: boolean;
  /** As one would write it after the key. Null: the field is a mapping or list with a section of its own. */
  example: string | null;
}

/** Every key of a recipe, keys of a mapping after those beside it. */
export function recipeRows(): ReferenceRow[] {
  const { definitions } = documentSchema.parse(JSON.parse(recipesJsonSchema()));
  return rowsOf(definitions.recipe, "");
}

/** docs/recipe-reference.md: every key of a recipe, as the schema defines it. */
export function recipeReference(): string {
  const sections = Map.groupBy(recipeRows(), ({ path }) => path.split(".").slice(0, -1).join("."));
  const tables = [...sections].map(([parent, rows]) => {
    const heading = parent === "" ? "## Keys of a recipe" : `## ${parent}`;
    return `${heading}\n\n${markdownTable(["key", "type", "default", "meaning", "example"], rows.map(rowText))}\n`;
  });
  return `${GENERATED}

# Every key of a recipe

For who looks up a key. [Write recipes](recipes.md) explains them, and editors check a file against
[\`recipes.schema.json\`](../recipes.schema.json). Each key may also stand in \`defaults:\`; the recipe's own wins.

A duration is a number with a unit: \`90s\`, \`10m\`, \`1h30m\`, \`7d\`, \`2w\`.

${tables.join("\n")}`;
}

function rowsOf(field: Field, above: string): ReferenceRow[] {
  const entries = Object.entries(field.properties ?? {});
  const own = entries.map(([key, inner]): ReferenceRow => {
    const path = above + key;
    const isRequired = field.required?.includes(key) === true;
    return { path, field: inner, isRequired, example: exampleOf(path, inner) };
  });
  const inner = entries.flatMap(([key, each]) => rowsOf(mappingIn(each), `${above}${key}.`));
  return [...own, ...inner];
}

/** Of a field that can be written in two ways, the one of the shorter way. */
function defaultOf(field: Field): unknown {
  return field.default ?? field.anyOf?.find((each) => each.default !== undefined)?.default;
}

/** What has keys of its own: the entries of a list, or the longer way to write a field. */
function mappingIn(field: Field): Field {
  return field.items ?? field.anyOf?.find(({ properties }) => properties !== undefined) ?? field;
}

function exampleOf(path: string, field: Field): string | null {
  if (field.properties !== undefined || field.items?.properties !== undefined) return null;
  const { examples = [], const: only, enum: choices = [], type } = field;
  if (type === "boolean") return String(field.default !== true);
  const [example = EXAMPLES[path] ?? only ?? defaultOf(field) ?? choices[0]] = examples;
  if (example !== undefined) return JSON.stringify(example);
  return type === "integer" ? String(Math.max(field.minimum ?? 0, 1)) : null;
}

function rowText({ path, field, isRequired, example }: ReferenceRow): string[] {
  const key = path.split(".").at(-1) ?? "";
  const usual = defaultOf(field) === undefined ? "" : code(plain(defaultOf(field)));
  return [
    code(key),
    typeText(path, field),
    isRequired ? "required" : usual,
    field.description ?? "",
    example === null ? "" : code(`${key}: ${example}`),
  ];
}

function typeText(path: string, field: Field): string {
  const { type, enum: choices, const: only, minimum, maximum } = field;
  const section = `[${path}](#${path.replaceAll(".", "")})`;
  if (field.properties !== undefined) return `mapping: ${section}`;
  if (field.items?.properties !== undefined) return `list of mappings: ${section}`;
  if (choices !== undefined) return choices.map((choice) => code(plain(choice))).join(", ");
  if (only !== undefined) return code(plain(only));
  if (type === "integer") return `whole number, ${minimum ?? 0} to ${maximum ?? "any"}`;
  if (type === "boolean") return "true or false";
  if (type === "string") return field.pattern?.includes("[0-9]+w") === true ? "duration" : "text";
  const either = [...(field.anyOf ?? []), ...(field.oneOf ?? [])];
  if (either.length > 0) return either.map((each) => typeText(path, each)).join(" or ");
  return type === "object" ? "mapping of texts" : type === "array" ? "list" : "";
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
