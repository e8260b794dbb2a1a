import type { Queue } from "../../ports.ts";
import { inOneCommit } from "../../protocol/in-one-commit.ts";
import { pauseProblem } from "../../protocol/pause-problem.ts";
import { sentOrSwept } from "../../protocol/sent-or-swept.ts";
import { start } from "../../protocol/start.ts";
import { fillInputs } from "../../recipe/inputs.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import type { Reply } from "../platform.ts";
import { openReport } from "../report/open-report.ts";
import { type Asked, personOf, toChannel, toUser } from "./command.ts";

/** What became of each recipe of recipes.yml, whose inputs have their defaults here. */
const filledRecipes = new WeakMap<Recipe, ReturnType<typeof fillInputs>>();

function withDefaults(recipe: Recipe): ReturnType<typeof fillInputs> {
  const known = filledRecipes.get(recipe);
  if (known !== undefined) return known;
  const filled = fillInputs(recipe, {});
  filledRecipes.set(recipe, filled);
  return filled;
}

/** Starts a run, and has the chat told how it goes on. A request that comes again leads to the same run. */
export async function refresh(asked: Asked, recipe: Recipe): Promise<Reply> {
  const { on, by } = asked;
  const filled = withDefaults(recipe);
  if ("problem" in filled) {
    return toUser(`${recipe.name} cannot start from a chat: ${filled.problem}`);
  }
  const problem = await on.sharedRead(`pause of ${recipe.name}`, () =>
    pauseProblem(on, recipe.name),
  );
  if (problem !== null) return toUser(`${recipe.name} is ${problem}`, "Nothing was started.");
  const id = await inOneCommit(on, (ports) =>
    startWithReport({ ...asked, on: { ...on, ...ports } }, filled.recipe),
  );
  return toChannel(
    `${recipe.name}: a refresh has started`,
    `Run ${id}`,
    `How it stands: ${by.prefix} status ${recipe.name}`,
  );
}

async function startWithReport(asked: Asked, recipe: Recipe): Promise<string> {
  const { on, installationId, workspaceName, by } = asked;
  const queue = sentOrSwept(on.queue, on.log);
  const sent: Array<Promise<void>> = [];
  const deps = {
    ...on,
    queue: {
      send: async (...message: Parameters<Queue["send"]>) => void sent.push(queue.send(...message)),
    },
  };
  const id = await start(deps, installationId, recipe, {
    kind: "command",
    by: personOf(asked),
    id: `chat ${workspaceName} ${by.id}`,
  });
  // The run is stored. Its message and the report do not wait for each other.
  await Promise.all([...sent, openReport(asked, id)]);
  return id;
}
