import type { RecipeState } from "../image/recipe-state.ts";
import { imageOf, isBarred, isShown, promote } from "../image/inventory.ts";
import { markCreatedForDeletion, findCreated, type Created } from "../image/created.ts";
import { candidateMarks, missing } from "../image/marks.ts";
import { mark, project } from "../image/projection.ts";
import { rulesOf } from "../image/rules.ts";
import type { Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { type Decision, step } from "../protocol/step.ts";
import { lateAttempts } from "../run/created-by-run.ts";
import type { Run } from "../run/record.ts";
import { candidateOf, waitForSecond404 } from "./candidate.ts";

interface Seen {
  recipeState: RecipeState;
  image: Image | null;
  /** Doubles: made by attempts that were given up. */
  late: Created[];
}

type Act = { kind: "mark-late" | "promote" | "project" };

/** The promotion: one write in the inventory makes the candidate current and the current one retired; then the clouds are shown it. */
export const promoteImage = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const candidate = candidateOf(run);
  const recipeState = await ctx.recipeState();
  const image = await ctx.cloud.images.image(candidate.id);
  const late: Seen["late"] = [];
  for (const t of run.promoted ? [] : lateAttempts(run, ctx.now())) {
    const created = await findCreated(ctx, t);
    const known =
      created !== null &&
      (imageOf(recipeState, created.id) !== undefined ||
        recipeState.resources.some((p) => p.id === created.id));
    if (created !== null && !known) late.push(created);
  }
  return { recipeState, image, late };
}

/** A cloud that cannot be shown the pointer now is shown it by the recipe's looks between runs. */
const PATIENCE_MS = 120_000;

export function decide(run: Run, { recipeState, image, late }: Seen, nowMs: number): Decision<Act> {
  const entry = imageOf(recipeState, candidateOf(run).id);
  if (entry?.state === "current") {
    if (!run.promoted)
      return {
        kind: "note",
        text: "current",
        set: { promoted: true, failure: null, replacedImageId: entry.replaces },
      };
    if (!isShown(recipeState) && image !== null && nowMs - run.stepSinceMs < PATIENCE_MS) {
      return { kind: "act", act: { kind: "project" }, text: "shown in the cloud" };
    }
    return { kind: "advance", to: "retire-images", text: promotedText(run) };
  }
  if (entry?.state === "retired" && !run.promoted) {
    return {
      kind: "note",
      text: "current, and rolled back since",
      set: { promoted: true, failure: null, replacedImageId: entry.replaces },
    };
  }
  if (run.promoted) {
    if (!isShown(recipeState) && nowMs - run.stepSinceMs < PATIENCE_MS)
      return { kind: "act", act: { kind: "project" }, text: "shown in the cloud" };
    return { kind: "advance", to: "retire-images", text: promotedText(run) };
  }
  if (recipeState.pointerRequests.length > 0)
    return { kind: "wait", seconds: 3, text: "a rollback is under way" };
  if (isBarred(recipeState, run.id)) return rolledBackSince(recipeState);
  const unsure = image === null ? waitForSecond404(run, nowMs) : null;
  if (unsure !== null) return unsure;
  if (entry?.state !== "candidate" || image === null || image.status !== "active") {
    return {
      kind: "fail",
      code: "image-vanished",
      message: `Image ${candidateOf(run).id} cannot be promoted: it is ${entry?.state === "candidate" ? (image?.status ?? "gone") : (entry?.state ?? "unknown to the inventory")}`,
      remedy: "Find out who deleted or deactivated it, then refresh again",
    };
  }
  if (late.length > 0)
    return {
      kind: "act",
      act: { kind: "mark-late" },
      text: "a create that nobody answered has made one more: it is to go",
    };
  return { kind: "act", act: { kind: "promote" }, text: `${entry.id} becomes current` };
}

/** The fault that a person went back from is probably in this image too: the source was captured before anybody fixed it. */
function rolledBackSince(recipeState: RecipeState): Decision<Act> {
  const { by, reason } =
    recipeState.pointerChanges.findLast(({ kind }) => kind !== "promoted") ?? {};
  const why = reason == null ? "" : `: ${reason}`;
  return {
    kind: "fail",
    code: "rolled-back",
    message: `${by ?? "A person"} went back to an earlier image during this run${why}`,
    remedy: `Fix the source, then make a new image: regild refresh ${recipeState.recipeName}`,
  };
}

function promotedText(run: Run): string {
  return run.replacedImageId === null
    ? "current, the first of its recipe"
    : `current, replaces ${run.replacedImageId}`;
}

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  const candidate = candidateOf(run);
  switch (act.kind) {
    case "mark-late": {
      const now = ctx.now();
      for (const t of lateAttempts(run, now)) {
        const created = await findCreated(ctx, t);
        if (created !== null)
          await ctx.changeRecipeState((recipeState) =>
            markCreatedForDeletion(recipeState, created, t, now),
          );
      }
      return;
    }
    case "promote": {
      // Properties set while an upload was under way get lost on some clouds: what the recipe asks for is set again.
      const image = await ctx.cloud.images.image(candidate.id);
      if (image?.status !== "active") return;
      await mark(ctx, image, missing(image, candidateMarks(run, image, candidate.attemptId)));
      const uploadSeconds =
        candidate.activeAtMs === null ? null : (candidate.activeAtMs - candidate.askedAtMs) / 1000;
      // Only a candidate: a worker that slept while later runs promoted theirs must not go back to this one.
      await ctx.changeRecipeState((recipeState) =>
        imageOf(recipeState, candidate.id)?.state === "candidate"
          ? promote(recipeState, candidate.id, ctx.now(), {
              rules: rulesOf(run.recipe),
              uploadSeconds,
            })
          : null,
      );
      return;
    }
    case "project":
      await project(ctx);
  }
}
