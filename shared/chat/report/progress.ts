import type { RecipeState } from "../../image/recipe-state.ts";
import { cloudWords } from "../../plain-text.ts";
import type { Actor } from "../../protocol/actor.ts";
import { expectedSeconds } from "../../run/next-check.ts";
import { isWaitingForApproval } from "../../run/approval.ts";
import type { Run } from "../../run/record.ts";
import { duration } from "../../spoken.ts";
import { toChannel } from "../commands/command.ts";
import { currentImage, reason, runState } from "../commands/phrases.ts";
import type { Reply } from "../platform.ts";

const BAR_LENGTH = 12;

/** How a run goes on, and how it ended, in lines that a phone shows whole. */
export function progressReply(
  actor: Actor<Run>,
  recipeState: RecipeState | null,
  { nowMs, prefix }: { nowMs: number; prefix: string },
): Reply {
  const { doc: run } = actor;
  const { recipeName: recipe, id } = run;
  if (run.outcome === null) {
    const bar = barOf(run, recipeState, nowMs);
    const isWaiting = isWaitingForApproval(run);
    const reply = toChannel(
      `${recipe}: ${runState(actor, recipeState, nowMs)}`,
      ...(bar === null ? [] : [bar]),
      ...(isWaiting
        ? [
            `To let its image become current: ${prefix} approve ${recipe}`,
            `To have it deleted: ${prefix} reject ${recipe} REASON`,
          ]
        : []),
      `Run ${id}`,
    );
    // The buttons only ask: each user's own permission counts, and the answer has to be confirmed.
    if (!isWaiting) return reply;
    const offers = [
      { text: `approve ${id}`, label: "Approve…" },
      { text: `reject ${id}`, label: "Reject…" },
    ];
    return { ...reply, offers };
  }
  if (run.outcome === "skipped") {
    return toChannel(
      `${recipe}: nothing was done`,
      runState(actor, recipeState, nowMs),
      `Run ${id}`,
    );
  }
  const took = duration(Math.max(0, ((run.endedAtMs ?? nowMs) - run.startedAtMs) / 1000));
  if (run.outcome === "succeeded") {
    const { candidate, imageName } = run;
    const name = cloudWords(imageName ?? candidate?.creationName ?? "");
    return toChannel(
      `${recipe}: the new image is current`,
      name,
      candidate?.id ?? "",
      `Took ${took}. Run ${id}`,
    );
  }
  const still = currentImage(recipeState, nowMs);
  const current = still === null ? "No image is current" : `Current is still ${still}`;
  if (run.outcome === "failed") {
    return toChannel(
      `${recipe}: the refresh FAILED (${run.failure?.code ?? ""})`,
      `Why: ${reason(run) ?? ""}`,
      `Next: ${cloudWords(run.failure?.remedy ?? "")}`,
      current,
      `More: ${prefix} status ${id}`,
    );
  }
  return toChannel(`${recipe}: the run was cancelled and undone`, current, `Run ${id}`);
}

/** `███████░░░░░ 58 %`, by how long the recipe's earlier uploads took; null: nobody knows. */
function barOf(run: Run, recipeState: RecipeState | null, nowMs: number): string | null {
  const expected = expectedSeconds(recipeState?.uploadSeconds ?? []);
  if (run.step !== "check-status" || run.candidate === null || expected === null) return null;
  const share = Math.min(0.99, (nowMs - run.candidate.askedAtMs) / 1000 / expected);
  const full = Math.max(0, Math.round(share * BAR_LENGTH));
  return `${"█".repeat(full)}${"░".repeat(BAR_LENGTH - full)} ${Math.floor(share * 100)} %`;
}
