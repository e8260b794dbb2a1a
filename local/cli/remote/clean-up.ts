import { type CleanUpDocument, cleanUpDocument } from "../../view/clean-up.ts";
import type { App } from "../app.ts";
import { answerCleanUp, endOfCleanUp, hintToApply, mayDelete } from "../clean-up-answer.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import type { Remote } from "./remote.ts";

/** `regild clean-up` on another host. */
export async function cleanUpThere(
  app: App,
  remote: Remote,
  is: { recipe: string | null; plan: string | null; dryRun: boolean; yes: boolean },
): Promise<ExitStatus> {
  if (is.plan !== null) return endOfCleanUp(app, await applyThere(remote, is.plan));
  const { document } = await remote.post("/v1/clean-up", { recipe: is.recipe }, cleanUpDocument);
  const isEmpty = document.counts.delete === 0;
  if (isEmpty || is.dryRun || (!is.yes && app.output.format === "table"))
    answerCleanUp(app, document);
  if (isEmpty) return EXIT.done;
  if (is.dryRun) {
    hintToApply(app, document.plan);
    return EXIT.done;
  }
  if (!is.yes) await mayDelete(app, document.plan);
  return endOfCleanUp(app, await applyThere(remote, document.plan));
}

async function applyThere(remote: Remote, plan: string): Promise<CleanUpDocument> {
  const path = `/v1/clean-up/${encodeURIComponent(plan)}/apply`;
  return (await remote.post(path, {}, cleanUpDocument)).document;
}
