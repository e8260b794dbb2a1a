import type * as z from "zod/mini";
import { SCHEMA, timeOrNull } from "../../view/document.ts";
import { pauseDocument, type PausedRecipeView } from "../../view/pause.ts";
import { statusDocument } from "../../view/status.ts";
import type { Remote } from "./remote.ts";

/** `regild pause` on another host. @param names null: all recipes of that host. */
export function pauseThere(
  remote: Remote,
  names: readonly string[] | null,
  { reason, untilMs }: { reason: string; untilMs: number | null },
): Promise<z.infer<typeof pauseDocument>> {
  return each(remote, names, "pause", { reason, until: timeOrNull(untilMs) });
}

/** `regild resume` on another host. */
export function resumeThere(
  remote: Remote,
  names: readonly string[] | null,
): Promise<z.infer<typeof pauseDocument>> {
  return each(remote, names, "resume", {});
}

async function each(
  remote: Remote,
  names: readonly string[] | null,
  what: "pause" | "resume",
  body: object,
): Promise<z.infer<typeof pauseDocument>> {
  const all = names === null ? (await remote.get("/v1/recipes", statusDocument)).recipes : [];
  const recipes: PausedRecipeView[] = [];
  for (const name of names ?? all.map(({ recipe }) => recipe)) {
    const path = `/v1/recipes/${encodeURIComponent(name)}/${what}`;
    recipes.push(...(await remote.post(path, body, pauseDocument)).document.recipes);
  }
  return { schema: SCHEMA, recipes, next: null };
}
