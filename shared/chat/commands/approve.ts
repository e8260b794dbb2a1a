import { answerApproval, refusalOf } from "../../commands/approve.ts";
import { cloudWords } from "../../plain-text.ts";
import { sentOrSwept } from "../../protocol/sent-or-swept.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import { passedTestText } from "../../run/passed-test.ts";
import type { Approval, Run } from "../../run/record.ts";
import { about } from "../../spoken.ts";
import { askToConfirm } from "../confirmation.ts";
import type { Reply } from "../platform.ts";
import { keysOf } from "../workspace.ts";
import { type Asked, askerOf, personOf, toChannel, toUser } from "./command.ts";
import { findRun, recipeStateOf } from "./find.ts";

/** A phone shows no more. */
const SHOWN = 6;

/** Shows how the candidate differs, and asks the user to confirm. Nothing is approved yet. */
export async function approve(asked: Asked, recipe: Recipe, name: string): Promise<Reply> {
  const found = await waitingRun(asked, recipe, name);
  if ("refused" in found) return toUser(found.refused);
  const { run, approval } = found;
  const { on, workspace, by } = asked;
  const word = await askToConfirm(
    on,
    askerOf(asked),
    { command: "approve", runId: run.id, imageId: run.candidate?.id ?? null },
    { requestId: by.id, key: keysOf(workspace)[0] ?? "" },
  );
  return {
    ...toUser(
      `Make ${candidateName(run)} the current image of ${recipe.name}?`,
      `Run ${run.id}`,
      ...comparison(approval, on.now()),
      ...run.tests.flatMap(testBoot),
    ),
    confirm: { word, label: "Approve the image" },
  };
}

/** @returns the run that waits for an answer, or why there is none. */
export async function waitingRun(
  { on }: Asked,
  recipe: Recipe,
  name: string,
): Promise<{ run: Run; approval: Approval } | { refused: string }> {
  const recipeState = await recipeStateOf(on.store, recipe.name);
  const actor = await findRun(on.store, name, recipeState);
  if (actor === null) return { refused: `${name} has no run to answer` };
  const { doc: run, cancelAtMs } = actor;
  const refused = refusalOf(run, { isCancelled: cancelAtMs !== null, nowMs: on.now() });
  if (refused !== null || run.approval === null) return { refused: refused ?? "" };
  return { run, approval: run.approval };
}

export function candidateName({ imageName, candidate }: Run): string {
  return cloudWords(imageName ?? candidate?.creationName ?? "");
}

/** What a confirmed approval or rejection does. */
export async function answerNow(
  asked: Asked,
  runId: string,
  recipeName: string,
  { kind, reason }: Pick<NonNullable<Approval["decision"]>, "kind" | "reason">,
): Promise<Reply> {
  const { on, by } = asked;
  const deps = { ...on, queue: sentOrSwept(on.queue, on.log) };
  const answered = await answerApproval(deps, runId, { kind, by: personOf(asked), reason });
  if ("refused" in answered) return toUser(answered.refused);
  return toChannel(
    `${recipeName}: the image is ${kind}`,
    `Run ${runId}`,
    ...(reason === null ? [] : [`Why: ${cloudWords(reason)}`]),
    `How it stands: ${by.prefix} status ${recipeName}`,
  );
}

function testBoot(test: Run["tests"][number]): string[] {
  const { consoleTail: tail } = test;
  const shown = `Test boot: ${cloudWords(passedTestText(test))}`;
  return tail === null ? [shown] : [shown, `End of its console: ${cloudWords(tail)}`];
}

/** `size: 2490368 → 2490400 bytes`, the first differences. */
function comparison({ against, differences }: Approval, nowMs: number): string[] {
  const text = (what: string, value: string | null): string => {
    if (value === null) return "none";
    if (what !== "created_at") return value;
    return `${about(Math.max(0, (nowMs - Date.parse(value)) / 1000))} old`;
  };
  const lines = differences.map(
    ({ what, current, candidate }) => `${what}: ${text(what, current)} → ${text(what, candidate)}`,
  );
  const more = lines.length - SHOWN;
  return [
    against === null ? "No image is current" : `Compared with ${cloudWords(against.name)}:`,
    ...lines.slice(0, SHOWN),
    ...(more > 0 ? [`And ${more} more differences`] : []),
  ];
}
