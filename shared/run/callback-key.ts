import type { Recipe } from "../recipe/recipe.ts";
import { NO_COMMIT } from "../recipe/commit.ts";
import type { Key } from "../ports.ts";
import type { Callback } from "./callback.ts";
import { runKey } from "./run-id.ts";

export const CALLBACK_PREFIX = "callback#";

/** The callback's record is beside the run, in the recipe's partition. */
export function callbackKey(runId: string, kind: Callback["kind"] = "webhook"): Key {
  const { pk, sk } = runKey(runId);
  const suffix = kind === "webhook" ? "" : `#${kind}`;
  return { pk, sk: `${CALLBACK_PREFIX}${sk.slice("run#".length)}${suffix}` };
}

/** Who is told of a run of this recipe, once its inputs are filled in. */
export function callbacksOf({
  callback,
  commitStatus,
}: Pick<Recipe, "callback" | "commitStatus">): Array<Pick<Callback, "kind" | "to">> {
  const hasCommit = commitStatus !== null && commitStatus.sha !== NO_COMMIT;
  return [
    ...(callback === null ? [] : [{ kind: "webhook" as const, to: callback.to }]),
    ...(hasCommit ? [{ kind: "commit-status" as const, to: commitStatus.to }] : []),
  ];
}
