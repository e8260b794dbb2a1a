import { askForChange } from "../../commands/change-current.ts";
import { imageOf } from "../../image/inventory.ts";
import { earlierImages, refusalOf } from "../../image/pointer.ts";
import { cloudWords } from "../../plain-text.ts";
import { sentOrSwept } from "../../protocol/sent-or-swept.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import { askToConfirm } from "../confirmation.ts";
import type { Reply } from "../platform.ts";
import { keysOf } from "../workspace.ts";
import { type Asked, askerOf, personOf, toChannel, toUser } from "./command.ts";
import { recipeStateOf } from "./find.ts";

/** Says which image is left and which one probably becomes current, and asks the user to confirm. */
export async function rollback(asked: Asked, recipe: Recipe): Promise<Reply> {
  const { on, workspace, by } = asked;
  const recipeState = await recipeStateOf(on.store, recipe.name);
  if (recipeState === null) return toUser(`${recipe.name} has no image yet`);
  const { current } = recipeState;
  const refused = refusalOf(recipeState, { kind: "rollback", from: current, imageId: null });
  if (refused !== null) return toUser(refused);
  const word = await askToConfirm(
    on,
    askerOf(asked),
    { command: "rollback", runId: recipe.name, imageId: current },
    { requestId: by.id, key: keysOf(workspace)[0] ?? "" },
  );
  const nameOf = (name: string | undefined): string => cloudWords(name ?? "no image");
  const [earlier] = earlierImages(recipeState);
  return {
    ...toUser(
      `Go back from ${nameOf(imageOf(recipeState, current ?? "")?.name)} for ${recipe.name}?`,
      `${nameOf(earlier?.name)} becomes current, or the nearest earlier image that is good.`,
      "A run that is at work does not promote its image.",
    ),
    confirm: { word, label: "Go back" },
  };
}

/**
 * What a confirmed rollback asks a worker for.
 * @param from the image that the user saw as the current one: if another is current by now, nothing happens.
 */
export async function rollbackNow(
  asked: Asked,
  recipeName: string,
  from: string | null,
): Promise<Reply> {
  const { on, by } = asked;
  const deps = { ...on, queue: sentOrSwept(on.queue, on.log) };
  const asking = {
    kind: "rollback",
    from,
    imageId: null,
    by: personOf(asked),
    reason: null,
  } as const;
  const answer = await askForChange(deps, recipeName, asking);
  if ("refused" in answer) return toUser(`Refused: ${answer.refused}`);
  return toChannel(
    `${recipeName}: going back to an earlier image`,
    `How it stands: ${by.prefix} images ${recipeName}`,
  );
}
