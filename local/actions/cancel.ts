import { requestCancel } from "../../shared/protocol/cancel.ts";
import { tooLateToCancel } from "../../shared/run/too-late.ts";
import { Refused } from "../http-answer.ts";
import { recipeStateOf } from "../view/read.ts";
import type { RunRecord } from "../view/run.ts";
import { type ActionDeps, byOf, type Request } from "./deps.ts";

/** Ends a run, which then undoes what it did. Asking again changes nothing. @throws Refused: it is too late. */
export async function cancelRun(
  deps: ActionDeps,
  { asker }: Pick<Request, "asker">,
  { run }: RunRecord,
): Promise<void> {
  const late = tooLateToCancel(run, await recipeStateOf(deps.store, run.recipeName));
  if (late !== null) {
    const remedy = late.isUndoing ? `Read it until it has ended: GET /v1/runs/${run.id}` : null;
    throw new Refused(409, "too-late", late.message, remedy);
  }
  await requestCancel(deps, run.id, byOf(asker));
}
