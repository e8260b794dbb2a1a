import type * as z from "zod/mini";
import { changePin } from "../../shared/commands/pin.ts";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import { sentOrSwept } from "../../shared/protocol/sent-or-swept.ts";
import { Refused } from "../http-answer.ts";
import { imageNamed } from "../named-image.ts";
import { type pinDocument, viewPin } from "../view/pin.ts";
import { type ActionDeps, byOf, type Request } from "./deps.ts";

/**
 * Keeps an image until somebody takes the pin out. Asking again changes nothing.
 * @param reason null: the pin is taken out.
 * @throws NotFound, Refused
 */
export async function pinImage(
  deps: ActionDeps,
  { asker }: Pick<Request, "asker">,
  recipeState: RecipeState,
  { image, reason }: { image: string; reason: string | null },
): Promise<z.infer<typeof pinDocument>> {
  const { recipeName } = recipeState;
  const { id } = imageNamed(recipeState, image);
  const asking = reason === null ? null : { by: byOf(asker), reason };
  const queue = sentOrSwept(deps.queue, deps.log);
  const done = await changePin({ ...deps, queue }, recipeName, id, asking);
  if ("refused" in done) {
    const remedy = `The images that there are: GET /v1/recipes/${recipeName}/images`;
    throw new Refused(409, "not-possible", `Refused: ${done.refused}`, remedy);
  }
  return viewPin(done, id, deps.now());
}
