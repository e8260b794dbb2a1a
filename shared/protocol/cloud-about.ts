import { type RecipeState, recipeStateSchema } from "../image/recipe-state.ts";
import type { Item } from "../ports.ts";
import { readDocument } from "../read-document.ts";
import { runSchema } from "../run/record.ts";
import { sourceSchema } from "../source/item.ts";
import type { Deps } from "./step.ts";
import { parseRequest } from "./reconcile-request.ts";

/**
 * The cloud that a message's work will call, by the message's record. Empty: none, or unknown. A run whose deadline and
 * grace are over ends without any call, so it must not wait for workers that a slow cloud keeps busy.
 */
export async function cloudAbout(
  { store, timing, now }: Pick<Deps, "store" | "timing" | "now">,
  body: string,
): Promise<string> {
  const item = await store.get(parseRequest(body).key);
  if (item === null) return "";
  try {
    return cloudIn(item, now() - timing.graceMs);
  } catch {
    // It cannot be read: the work on the message says so.
    return "";
  }
}

function cloudIn({ key: { sk }, doc }: Item, endedAtMs: number): string {
  if (sk.startsWith("run#")) {
    const { deadlineAtMs, recipe } = readDocument(doc, runSchema);
    return deadlineAtMs <= endedAtMs ? "" : recipe.cloud;
  }
  if (sk === "lock") return readDocument(doc, sourceSchema).cloud;
  return sk === "head" ? cloudOfImages(readDocument(doc, recipeStateSchema)) : "";
}

/** A late copy may be in another cloud. What was promoted is in the recipe's own. */
function cloudOfImages({ images, resources }: RecipeState): string {
  const promoted = images.findLast(({ promotedAtMs }) => promotedAtMs !== null);
  return (promoted ?? images.at(-1) ?? resources.at(-1))?.where.cloud ?? "";
}
