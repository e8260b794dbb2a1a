import type { Recipe } from "./recipe.ts";

/** Filled in UTC when an image is created. */
export const NAME_VARIABLES = [
  "recipe",
  "cloud",
  "region_name",
  "date",
  "time",
  "timestamp",
  "seq",
  "run_id",
  "short_id",
  "source.name",
  "source.id",
] as const;

export type NameVariable = (typeof NAME_VARIABLES)[number];
export type NameVariables = Readonly<Record<NameVariable, string>>;

/** 255 bytes less the 13 of Cinder's "snapshot for ", which Nova puts before the name of a snapshot. */
export const LONGEST_NAME_BYTES = 242;
/** Of a name that an image gets afterwards. Glance takes 255; `-2` of a further attempt has room. */
export const LONGEST_LATER_NAME_BYTES = 250;

interface Part {
  kind: "text" | "variable";
  text: string;
}

/** Text and variables in turn. An unclosed `${{` stays text. */
function partsOf(template: string): Part[] {
  return template
    .split(/(\$\{\{.*?\}\})/s)
    .map((part, index) =>
      index % 2 === 0
        ? { kind: "text", text: part }
        : { kind: "variable", text: part.slice("${{".length, -"}}".length).trim() },
    );
}

export function isNameVariable(name: string): name is NameVariable {
  return NAME_VARIABLES.some((known) => known === name);
}

/** Names in `${{ }}`, known or not. */
export function variablesIn(template: string): string[] {
  return partsOf(template).flatMap((part) => (part.kind === "variable" ? [part.text] : []));
}

/** True if a stray brace suggests a mistyped variable, such as `${{ recipe }`, `{{ recipe }}` or `${recipe}`. */
export function hasStrayBraces(template: string): boolean {
  return partsOf(template).some((part) => part.kind === "text" && /\$\{|\{\{|\}\}/.test(part.text));
}

/** @throws on a variable nobody knows: loading the recipe refuses it. */
export function fillName(template: string, variables: NameVariables): string {
  return partsOf(template)
    .map((part) => {
      if (part.kind === "text") return part.text;
      if (isNameVariable(part.text)) return variables[part.text];
      throw new Error(`the image name ${template} has an unknown variable, ${part.text}`);
    })
    .join("");
}

export function nameVariables(run: {
  recipe: string;
  cloud: string;
  region: string | null;
  atMs: number;
  seq: number;
  runId: string;
  /** New for each attempt, so that an image found by its creation name is that attempt's. */
  shortId: string;
  source: { id: string; name: string };
}): NameVariables {
  const iso = new Date(run.atMs).toISOString();
  return {
    recipe: run.recipe,
    cloud: run.cloud,
    region_name: run.region ?? "",
    date: iso.slice(0, "2026-11-23".length).replaceAll("-", ""),
    time: iso.slice("2026-11-23T".length, "2026-11-23T01:30".length).replace(":", ""),
    timestamp: String(Math.floor(run.atMs / 1000)),
    seq: String(run.seq),
    run_id: run.runId,
    short_id: run.shortId,
    "source.name": run.source.name,
    "source.id": run.source.id,
  };
}

/**
 * The name an image is created with. It always holds the attempt's short id: an unanswered create is
 * found again by it. Where the template has none, the image gets its own name afterwards, so the end of a
 * long one may give way to the id.
 */
export function creationName(
  filledName: string,
  templateHasShortId: boolean,
  shortId: string,
): string {
  if (templateHasShortId) return filledName;
  const end = `-${shortId}`;
  return `${shortened(filledName, LONGEST_NAME_BYTES - end.length)}${end}`;
}

function shortened(name: string, bytes: number): string {
  let short = name;
  while (Buffer.byteLength(short, "utf8") > bytes) short = short.slice(0, -1);
  return short;
}

export function templateHasShortId(template: string): boolean {
  return variablesIn(template).includes("short_id");
}

/**
 * Why the clouds would refuse a name; null: they take it. Continues a sentence that begins with the name.
 * Nova refuses blanks at the ends, control characters and everything beyond the BMP (400, seen on
 * Zed; nova/api/validation/parameter_types.py).
 */
export function nameProblem(name: string, longest = LONGEST_NAME_BYTES): string | null {
  const bytes = Buffer.byteLength(name, "utf8");
  if (name.trim() === "") return "is empty. Write a name";
  if (name !== name.trim()) return "begins or ends with a blank. Take the blank away";
  if (/[\p{C}\p{Zl}\p{Zp}\u{10000}-\u{10FFFF}]/u.test(name)) {
    return "holds a control character or an emoji (any character of 4 bytes). Take it out";
  }
  if (bytes > longest) {
    return `is ${bytes} bytes long, and ${longest} is the most. Shorten it`;
  }
  return null;
}

/**
 * The filled name at its longest, as far as the recipe alone tells. A name without a short id is given to the image when
 * the image is there: the numbers of later runs and attempts have room then.
 */
export function longestName({ name, cloud, region, source, image }: Recipe): string {
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(source.idOrName);
  const shortId = "x".repeat(6);
  const variables = nameVariables({
    recipe: name,
    cloud,
    region,
    atMs: Date.UTC(2100, 0),
    seq: templateHasShortId(image.name) ? 999_999 : 1,
    runId: `${name}-21000101-000000-${shortId}`,
    shortId,
    // The name behind an id is known when the run looks: that name is checked then.
    source: { id: "0".repeat(36), name: isId ? "x" : source.idOrName },
  });
  return fillName(image.name, variables);
}
