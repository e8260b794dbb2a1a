import { stringify } from "yaml";
import { RECIPE_NAME } from "../../../shared/recipe/schema.ts";

/** A recipe as `regild init` writes it: without what it would have anyway. */
export interface NewRecipe {
  name: string;
  cloud: string;
  kind: "server" | "volume";
  idOrName: string;
  /** Of an id, for the people who read the file. */
  comment: string | null;
  schedule: { cron: string; timezone: string | null } | null;
  /** Null: the built-in number. */
  keep: number | null;
}

export function recipeText(recipe: NewRecipe): string {
  const { name, cloud, kind, idOrName, comment, schedule, keep } = recipe;
  const lines = [
    `cloud: ${scalar(cloud)}`,
    `${kind}: ${scalar(idOrName)}${comment === null ? "" : `   # ${comment.replaceAll(/\p{Cc}/gu, " ")}`}`,
    ...(schedule === null ? [] : [`schedule: [{ ${scheduleText(schedule)} }]`]),
    ...(keep === null ? [] : [`keep: ${keep}`]),
  ];
  return ["recipes:", `  ${scalar(name)}:`, ...lines.map((line) => `    ${line}`), ""].join("\n");
}

function scheduleText({ cron, timezone }: NonNullable<NewRecipe["schedule"]>): string {
  const zone = timezone === null ? "" : `, timezone: ${scalar(timezone)}`;
  return `cron: ${JSON.stringify(cron)}${zone}`;
}

/** In quotes where YAML would read something else than this text. */
function scalar(text: string): string {
  return stringify(text, { lineWidth: 0, defaultStringType: "PLAIN" }).trimEnd();
}

const ENDINGS = /-(golden|image|server|volume|root|template)$/;

/** `web-golden` makes `web`. Null: nothing of the name is left. */
export function suggestedName(sourceName: string): string | null {
  const plain = sourceName
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, 40)
    .replace(/-+$/, "");
  const short = plain.replace(ENDINGS, "");
  return [short, plain].find((name) => RECIPE_NAME.test(name)) ?? null;
}
