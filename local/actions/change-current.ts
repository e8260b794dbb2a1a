import type * as z from "zod/mini";
import { type Answer, askForChange, type Asking } from "../../shared/commands/change-current.ts";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import { earlierImages } from "../../shared/image/pointer.ts";
import { sentOrSwept } from "../../shared/protocol/sent-or-swept.ts";
import { awaitChange } from "../await-change.ts";
import { Refused } from "../http-answer.ts";
import { imageNamed } from "../named-image.ts";
import { type pointerChangeDocument, viewChangeDocument } from "../view/pointer-change.ts";
import { recipeStateOf } from "../view/read.ts";
import { type ActionDeps, byOf, type Request, requestId } from "./deps.ts";

/** So long an HTTP request waits for its answer. A worker needs a second if the cloud answers. */
const PATIENCE_MS = 10_000;

export type ChangeDocument = z.infer<typeof pointerChangeDocument>;
/** `change` null: nobody has carried it out yet. The id finds it again. */
export interface Asked {
  id: string;
  change: ChangeDocument | null;
}

/** @param from the image that is current as the asker knows it. Left out: the current one, whichever it is. */
export async function rollBack(
  deps: ActionDeps,
  request: Request,
  recipeState: RecipeState,
  is: { image: string | null; from?: string | null; reason: string | null },
): Promise<Asked> {
  return ask(deps, request, recipeState, {
    kind: "rollback",
    from: is.from === undefined ? recipeState.current : is.from,
    imageId: is.image === null ? null : imageNamed(recipeState, is.image).id,
    reason: is.reason,
  });
}

export async function revokeImage(
  deps: ActionDeps,
  request: Request,
  recipeState: RecipeState,
  is: { image: string; reason: string; evenIfLast: boolean },
): Promise<Asked> {
  const { id } = imageNamed(recipeState, is.image);
  const { recipeName, current } = recipeState;
  if (current === id && earlierImages(recipeState).length === 0 && !is.evenIfLast) {
    const message = `${recipeName} would have no current image: there is no earlier one`;
    const remedy = `Make a new one first: POST /v1/recipes/${recipeName}/refresh. Or send "even_if_last": true`;
    throw new Refused(409, "last-image", message, remedy, "even_if_last");
  }
  const { reason } = is;
  return ask(deps, request, recipeState, { kind: "revoke", from: current, imageId: id, reason });
}

/** @returns null: there is no such change, or nobody has carried it out yet. @throws Refused: it was refused. */
export async function changeOf(
  deps: ActionDeps,
  recipeName: string,
  id: string,
): Promise<ChangeDocument | null> {
  const answer = await awaitChange(sure(deps), recipeName, id, 0);
  return answer === null ? null : documentOf(deps, recipeName, answer);
}

async function ask(
  deps: ActionDeps,
  request: Request,
  { recipeName }: RecipeState,
  asking: Omit<Asking, "by">,
): Promise<Asked> {
  const id = requestId(request, asking.kind);
  const by = byOf(request.asker);
  const asked = await askForChange(sure(deps), recipeName, { ...asking, by }, id);
  if ("refused" in asked) throw notPossible(asked.refused, recipeName);
  const answer = await awaitChange(sure(deps), recipeName, id, PATIENCE_MS);
  return { id, change: answer === null ? null : await documentOf(deps, recipeName, answer) };
}

/** A message that could not be sent is sent by the sweep. */
function sure(deps: ActionDeps): ActionDeps {
  return { ...deps, queue: sentOrSwept(deps.queue, deps.log) };
}

async function documentOf(
  { store }: ActionDeps,
  recipeName: string,
  answer: Answer,
): Promise<ChangeDocument> {
  if (answer.change.kind === "refused") throw notPossible(answer.change.note ?? "", recipeName);
  const recipeState = await recipeStateOf(store, recipeName);
  if (recipeState === null) throw new Error(`the record of ${recipeName} is gone`);
  return viewChangeDocument(recipeState, answer);
}

function notPossible(why: string, recipeName: string): Refused {
  const remedy = `The images that there are: GET /v1/recipes/${recipeName}/images`;
  return new Refused(409, "not-possible", `Refused: ${why}`, remedy);
}
