import * as z from "zod/mini";
import type { Deps } from "./step.ts";
import { parseRequest } from "./reconcile-request.ts";

const run = z.object({
  recipe: z.object({ cloud: z.string() }),
  deadlineAtMs: z.number(),
});
const source = z.object({ cloud: z.string() });
const where = z.object({
  where: z.object({ cloud: z.string() }),
  promotedAtMs: z.nullish(z.number()),
});
const recipeState = z.object({ images: z.array(where), resources: z.array(where) });

/**
 * The cloud that a message's work will call, by the message's record. Empty: none, or unknown. A run whose deadline and
 * grace are over ends without any call, so it must not wait for workers that a slow cloud keeps busy.
 */
export async function cloudAbout(
  { store, timing, now }: Pick<Deps, "store" | "timing" | "now">,
  body: string,
): Promise<string> {
  const item = await store.get(parseRequest(body).key);
  const doc: unknown = JSON.parse(item?.doc ?? "{}");
  const ofRun = run.safeParse(doc);
  if (ofRun.success) {
    const { deadlineAtMs, recipe } = ofRun.data;
    return now() >= deadlineAtMs + timing.graceMs ? "" : recipe.cloud;
  }
  const ofSource = source.safeParse(doc);
  if (ofSource.success) return ofSource.data.cloud;
  const ofRecipeState = recipeState.safeParse(doc);
  if (!ofRecipeState.success) return "";
  const { images, resources } = ofRecipeState.data;
  // A late copy may be in another cloud. What was promoted is in the recipe's own.
  const promoted = images.findLast(({ promotedAtMs }) => promotedAtMs != null);
  return (promoted ?? images.at(-1) ?? resources.at(-1))?.where.cloud ?? "";
}
