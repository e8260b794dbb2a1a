import { cloudWords } from "../../plain-text.ts";
import { allowedRecipes } from "../permissions.ts";
import type { Reply } from "../platform.ts";
import { type Asked, toUser } from "./command.ts";
import { recipeStateOf, inTurn, newestRuns } from "./find.ts";
import { ago, runState } from "./phrases.ts";
import { notAllowed } from "./refusals.ts";

const SHOWN = 8;
const MOST_RECIPES = 50;

/** The newest runs of one recipe, or of all that the user may see. */
export async function runs(asked: Asked, recipeName: string | null): Promise<Reply> {
  const { on, workspace, by, recipes } = asked;
  const names =
    recipeName === null ? allowedRecipes(workspace, by, "runs", recipes.keys()) : [recipeName];
  if (names.length === 0) return notAllowed(asked, "runs", "any recipe");
  const now = on.now();
  const found = await inTurn(names.slice(0, MOST_RECIPES), async (name) => {
    const newest = await newestRuns(on.store, name, SHOWN);
    const isUnderWay = newest.some(({ doc }) => doc.outcome === null);
    const recipeState = isUnderWay ? await recipeStateOf(on.store, name) : null;
    return newest.map((run) => ({ run, recipeState }));
  });
  const shown = found
    .flat()
    .toSorted((a, b) => b.run.doc.startedAtMs - a.run.doc.startedAtMs)
    .slice(0, SHOWN);
  if (shown.length === 0) return toUser("No runs yet");
  const lines = shown.map(
    ({ run, recipeState }) =>
      `${run.doc.id}: ${runState(run, recipeState, now)}. Started ${ago(run.doc.startedAtMs, now)} by ${cloudWords(run.doc.trigger.by)}`,
  );
  return toUser(recipeName === null ? "Newest runs" : `Newest runs of ${recipeName}`, ...lines);
}
