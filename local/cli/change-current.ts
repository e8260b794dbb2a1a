import type * as z from "zod/mini";
import { type Answer, askForChange, type Asking } from "../../shared/commands/change-current.ts";
import {
  type RecipeState,
  recipeStateKey,
  recipeStateSchema,
} from "../../shared/image/recipe-state.ts";
import { load } from "../../shared/protocol/actor.ts";
import { awaitChange } from "../await-change.ts";
import {
  type pointerChangeDocument,
  type PointerChangeView,
  viewChangeDocument,
} from "../view/pointer-change.ts";
import type { App } from "./app.ts";
import { cloudsOf } from "./clouds.ts";
import { CommandError } from "./command-error.ts";
import { EXIT, type ExitStatus } from "./exit-status.ts";
import { recipesOrNone } from "./recipes-file.ts";
import { withRunControl } from "./run-control.ts";

/** A worker looks for ten seconds at most, at clouds that do not answer. */
const PATIENCE_MS = 45_000;

/** Has another image made current, and says what came of it. */
export async function changeCurrent(
  app: App,
  recipeName: string,
  asking: Omit<Asking, "by">,
): Promise<ExitStatus> {
  const is = { recipes: recipesOrNone(app), clouds: cloudsOf(app) };
  return withRunControl(app, is, async (control) => {
    if (await control.workers.takeOver())
      app.output.hint(`No host runs on ${app.storage.name}: this command does the work itself.`);
    const by = `${app.userName} (cli)`;
    const asked = await askForChange(control.backend, recipeName, { ...asking, by });
    if ("refused" in asked) throw refused(asked.refused, recipeName);
    const answer = await awaitChange(control.backend, recipeName, asked.id, PATIENCE_MS);
    if (answer === null) {
      app.output.hint(
        `Nobody has carried it out yet: the request stays, and no run of ${recipeName} promotes before. How it stands: regild history ${recipeName}`,
      );
      return EXIT.goesOn;
    }
    const recipeState = await load(
      control.backend.store,
      recipeStateKey(recipeName),
      recipeStateSchema,
    );
    if (recipeState === null) throw new Error(`the record of ${recipeName} is gone`);
    return told(app, recipeState.doc, answer);
  });
}

function told(app: App, recipeState: RecipeState, answer: Answer): ExitStatus {
  const { change } = answer;
  if (change.kind === "refused") throw refused(change.note ?? "", recipeState.recipeName);
  return tellChange(app, viewChangeDocument(recipeState, answer));
}

/** Of a change that was carried out. */
export function tellChange(app: App, document: z.infer<typeof pointerChangeDocument>): ExitStatus {
  const { change, shown, barred_run: barredRun } = document;
  app.output.answer({ document, text: () => changeText(change) });
  if (change.note !== null) app.output.hint(`Looked at: ${change.note}`);
  if (!shown)
    app.output.hint(
      "The cloud does not show it yet. A host shows it as soon as the cloud answers: regild serve",
    );
  if (barredRun !== null)
    app.output.hint(`Run ${barredRun} was at work: its image will not be promoted.`);
  return EXIT.done;
}

function changeText({ recipe, kind, from, to, revoked }: PointerChangeView): string[] {
  const text = (image: { id: string; name: string | null }) =>
    image.name === null ? image.id : `${image.name} (${image.id})`;
  const lines: string[] = [];
  if (kind === "revoked" && revoked !== null) lines.push(`Revoked: ${text(revoked)}`);
  if (to !== null) lines.push(`Current for ${recipe}: ${text(to)}`);
  if (to === null && from !== null) lines.push(`${recipe} has no current image now.`);
  if (kind === "rolled-back" && from !== null) lines.push(`Left, and kept: ${text(from)}`);
  return lines;
}

function refused(why: string, recipeName: string): CommandError {
  return new CommandError(`Refused: ${why}`, {
    status: EXIT.refused,
    code: "not-possible",
    remedy: `The images that there are: regild images ${recipeName}`,
  });
}
