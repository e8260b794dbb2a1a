import { cloudWords, reasonOf } from "../../plain-text.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import { askToConfirm } from "../confirmation.ts";
import type { Reply } from "../platform.ts";
import { keysOf } from "../workspace.ts";
import { candidateName, waitingRun } from "./approve.ts";
import { type Asked, askerOf, toUser } from "./command.ts";

/** Asks the user to confirm that the candidate is deleted. Nothing is rejected yet. */
export async function reject(
  asked: Asked,
  recipe: Recipe,
  name: string,
  reason: string,
): Promise<Reply> {
  const found = await waitingRun(asked, recipe, name);
  if ("refused" in found) return toUser(found.refused);
  const { run } = found;
  const { on, workspace, by } = asked;
  if (reason === "") {
    return toUser(
      `Why is ${candidateName(run)} rejected?`,
      `Say it in a few words: ${by.prefix} reject ${name} the service does not start`,
    );
  }
  const word = await askToConfirm(
    on,
    askerOf(asked),
    {
      command: "reject",
      runId: run.id,
      imageId: run.candidate?.id ?? null,
      reason: reasonOf(reason),
    },
    { requestId: by.id, key: keysOf(workspace)[0] ?? "" },
  );
  return {
    ...toUser(
      `Reject ${candidateName(run)} of ${recipe.name}?`,
      `Run ${run.id}`,
      `Why: ${cloudWords(reason)}`,
      "Regild then deletes the image. The current image stays, and the run ends as failed.",
    ),
    confirm: { word, label: "Reject the image" },
  };
}
