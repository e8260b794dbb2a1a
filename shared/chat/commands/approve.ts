import { answerApproval, refusalOf } from "../../commands/approve.ts";
import { cloudWords } from "../../plain-text.ts";
import { sentOrSwept } from "../../protocol/sent-or-swept.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import type { Approval } from "../../run/record.ts";
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
  const { on, workspace, by } = asked;
  const recipeState = await recipeStateOf(on.store, recipe.name);
  const actor = await findRun(on.store, name, recipeState);
  if (actor === null) return toUser(`${name} has no run to approve`);
  const { doc: run, cancelAtMs } = actor;
  const nowMs = on.now();
  const refused = refusalOf(run, { isCancelled: cancelAtMs !== null, nowMs });
  if (refused !== null || run.approval === null) return toUser(refused ?? "");
  const word = await askToConfirm(
    on,
    askerOf(asked),
    { command: "approve", runId: run.id, imageId: run.candidate?.id ?? null },
    { requestId: by.id, key: keysOf(workspace)[0] ?? "" },
  );
  return {
    ...toUser(
      `Make ${cloudWords(run.imageName ?? run.candidate?.creationName ?? "")} the current image of ${recipe.name}?`,
      `Run ${run.id}`,
      ...comparison(run.approval, nowMs),
    ),
    confirm: { word, label: "Approve the image" },
  };
}

/** What a confirmed approval does. */
export async function approveNow(asked: Asked, runId: string, recipeName: string): Promise<Reply> {
  const { on, by } = asked;
  const deps = { ...on, queue: sentOrSwept(on.queue, on.log) };
  const answer = { kind: "approved", by: personOf(asked), reason: null } as const;
  const answered = await answerApproval(deps, runId, answer);
  if ("refused" in answered) return toUser(answered.refused);
  return toChannel(
    `${recipeName}: the image is approved`,
    `Run ${runId}`,
    `How it stands: ${by.prefix} status ${recipeName}`,
  );
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
