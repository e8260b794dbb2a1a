import type { Recipe } from "../../recipe/recipe.ts";
import { requestCancel } from "../../protocol/cancel.ts";
import { tooLateToCancel } from "../../run/too-late.ts";
import { askToConfirm } from "../confirmation.ts";
import type { Reply } from "../platform.ts";
import { keysOf } from "../workspace.ts";
import { type Asked, askerOf, personOf, toChannel, toUser } from "./command.ts";
import { findRun, recipeStateOf } from "./find.ts";
import { runState } from "./phrases.ts";

/** Asks the user to confirm. Nothing is cancelled yet. */
export async function cancel(asked: Asked, recipe: Recipe, name: string): Promise<Reply> {
  const { on, workspace, by } = asked;
  const recipeState = await recipeStateOf(on.store, recipe.name);
  const actor = await findRun(on.store, name, recipeState);
  if (actor === null) return toUser(`${name} has no run to cancel`);
  const late = tooLateToCancel(actor.doc, recipeState);
  if (late !== null) return toUser(late.message);
  const runId = actor.doc.id;
  const word = await askToConfirm(
    on,
    askerOf(asked),
    { command: "cancel", runId, imageId: null },
    { requestId: by.id, key: keysOf(workspace)[0] ?? "" },
  );
  return {
    ...toUser(
      `Cancel run ${runId}?`,
      `It is at ${runState(actor, recipeState, on.now())}`,
      "Regild then starts its server again and deletes the unfinished image.",
    ),
    confirm: { word, label: "Cancel the run" },
  };
}

/** What a confirmed cancel does. The sweep passes the mark on to the run. */
export async function cancelNow(asked: Asked, runId: string, recipeName: string): Promise<Reply> {
  const { on, by } = asked;
  const recipeState = await recipeStateOf(on.store, recipeName);
  const actor = await findRun(on.store, runId, recipeState);
  if (actor === null) return toUser(`There is no run ${runId}`);
  const late = tooLateToCancel(actor.doc, recipeState);
  if (late !== null) return toUser(late.message);
  await requestCancel(on, runId, personOf(asked));
  return toChannel(
    `${recipeName}: the run is being cancelled`,
    `Run ${runId}`,
    `How it stands: ${by.prefix} status ${recipeName}`,
  );
}
