import type { Ctx } from "../context.ts";
import { faultOfCurrent } from "../image/current-check.ts";
import { imageOf } from "../image/inventory.ts";
import type { InventoryImage } from "../image/recipe-state.ts";
import { load } from "../protocol/actor.ts";
import { formatDuration } from "../recipe/duration.ts";
import { makeSameImage } from "../recipe/same-image.ts";
import { type Run, runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import { decideSource, seeSource } from "../source/resolve.ts";
import { seeSourceState } from "../source/state.ts";
import { compareSource } from "../source/unchanged.ts";

/** Whether the start has to make an image, and why. */
export interface LessWork {
  isNeeded: boolean;
  text: string;
}

/** Null: the recipe has neither fresh_within nor skip_unchanged. */
export async function seeLessWork(ctx: Ctx, run: Run): Promise<LessWork | null> {
  const { freshWithinMs, skipUnchanged } = run.recipe;
  if (freshWithinMs === null && skipUnchanged === null) return null;
  const recipeState = await ctx.recipeState();
  const current = imageOf(recipeState, recipeState.current ?? "");
  if (current === undefined) return needed("no image is current");
  if (faultOfCurrent(recipeState) !== null) return needed("the current image is of no use");
  const maker = (await load(ctx.store, runKey(current.run), runSchema))?.doc ?? null;
  if (maker === null) return needed("the run that made the current image is not known any more");
  if (!makeSameImage(run.recipe, maker.recipe))
    return needed(
      "the current image was made with other inputs, or by another version of the recipe",
    );
  const ageMs = ctx.now() - current.candidateAtMs;
  if (freshWithinMs !== null && ageMs < freshWithinMs) {
    const age = formatDuration(Math.floor(ageMs / 60_000) * 60_000);
    const text = `${current.id} is current and ${age} old, within fresh_within: ${formatDuration(freshWithinMs)}`;
    return { isNeeded: false, text: `skipped: fresh: ${text}` };
  }
  return skipUnchanged === null
    ? needed("the current image is too old")
    : seeChange(ctx, run, current, maker);
}

async function seeChange(
  ctx: Ctx,
  { recipe }: Run,
  current: InventoryImage,
  maker: Run,
): Promise<LessWork> {
  if (maker.sourceState === null)
    return needed("nothing was noted of the source when the current image was taken");
  const versionKey = recipe.skipUnchanged?.version ?? null;
  if (versionKey !== null && versionKey !== maker.recipe.skipUnchanged?.version)
    return needed(
      `the recipe did not name metadata ${versionKey} when the current image was taken`,
    );
  const found = decideSource(recipe, await seeSource(ctx.cloud, recipe));
  if ("code" in found) return needed(found.message);
  const { kind, id, name } = found.source;
  if (id !== maker.source?.id) return needed(`${kind} ${name} is another one by now`);
  const seen = await seeSourceState(ctx.cloud, recipe, found.source);
  if (seen === null) return needed("Nova does not show what was done to the server");
  const { isUnchanged, text } = compareSource(maker.sourceState, seen, versionKey);
  if (!isUnchanged) return needed(`${kind} ${name}: ${text}`);
  return {
    isNeeded: false,
    text: `skipped: unchanged: ${kind} ${name} since ${current.id}: ${text}`,
  };
}

function needed(why: string): LessWork {
  return { isNeeded: true, text: `an image is needed: ${why}` };
}
