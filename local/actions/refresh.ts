import { sentOrSwept } from "../../shared/protocol/sent-or-swept.ts";
import { pauseProblem } from "../../shared/protocol/pause-problem.ts";
import { start } from "../../shared/protocol/start.ts";
import { forced } from "../../shared/recipe/forced.ts";
import { fillInputs } from "../../shared/recipe/inputs.ts";
import { Refused } from "../http-answer.ts";
import { notFound } from "../view/find-run.ts";
import { type ActionDeps, byOf, type Request, requestId } from "./deps.ts";

/**
 * Starts a run, once per request.
 * @returns the run's id.
 * @throws NotFound, Refused
 */
export async function refreshRecipe(
  deps: ActionDeps,
  request: Request,
  recipeName: string,
  is: { inputs: Readonly<Record<string, string>>; evenIfPaused: boolean; force: boolean },
): Promise<string> {
  const { inputs } = is;
  const recipe = deps.recipes.get(recipeName);
  if (recipe === undefined) throw notFound(deps, recipeName);
  const names = Object.keys(recipe.inputs);
  const unknown = Object.keys(inputs).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const remedy = names.length === 0 ? "It has none" : `Its inputs: ${names.join(", ")}`;
    const message = `${recipeName} has no input ${unknown}`;
    throw new Refused(422, "wrong-input", message, remedy, `inputs.${unknown}`);
  }
  const filled = fillInputs(recipe, inputs);
  if ("problem" in filled) {
    const remedy = 'Send it in the body: {"inputs": {"NAME": "VALUE"}}';
    const message = `${recipeName}: ${filled.problem}`;
    throw new Refused(422, "wrong-input", message, remedy, "inputs");
  }
  const pause = is.evenIfPaused ? null : await pauseProblem(deps, recipeName);
  if (pause !== null) {
    const remedy = `End the pause: POST /v1/recipes/${recipeName}/resume. Or send "even_if_paused": true`;
    const message = `${recipeName} is ${pause}`;
    throw new Refused(409, "paused", message, remedy, "even_if_paused");
  }
  const queue = sentOrSwept(deps.queue, deps.log);
  const wanted = is.force ? forced(filled.recipe) : filled.recipe;
  return start({ ...deps, queue }, deps.installationId, wanted, {
    kind: "command",
    by: byOf(request.asker),
    id: `http ${requestId(request, "refresh")}`,
  });
}
