import {
  checkOf,
  currentCheckAtMs,
  faultOfCurrent,
  noteCheck,
  RECHECK_MS,
  seenOf,
} from "../image/current-check.ts";
import { imageOf } from "../image/inventory.ts";
import { noteTakenOff } from "../image/protection.ts";
import type { Place } from "../image/removal-plan.ts";
import { shownAgain } from "../image/shown.ts";
import type { Ctx } from "../context.ts";
import { areRegionCopiesShown } from "../image/region-copy-projection.ts";
import { seeInZones } from "./fitness.ts";
import { goBack, startAnew } from "./go-back.ts";
import type { Deps } from "./step.ts";

/**
 * Shortest gap between two checks of a known fault. Every message about the recipe checks it as well, so none is sent
 * for that alone.
 */
const EARLY_MS = RECHECK_MS - 60_000;

/**
 * Checks the current image when that is due, by one GET in each zone. Logs a fault when it is confirmed, and again when
 * it is over. If the image lacks a mark, it is shown again. With a fault, an earlier image that is good becomes current again, and one new run is started.
 */
export async function checkCurrent(deps: Deps, ctx: Ctx, here: Place): Promise<void> {
  const { log } = deps;
  const recipeState = await ctx.recipeState();
  const current = imageOf(recipeState, recipeState.current ?? "");
  const nowMs = ctx.now();
  // The two checks that confirm a fault stay some time apart.
  const earlyMs = faultOfCurrent(recipeState) === null ? 0 : EARLY_MS;
  const { cloud, region } = current?.where ?? {};
  if (current === undefined || cloud !== here.cloud || region !== here.region) return;
  if ((currentCheckAtMs(recipeState) ?? nowMs) > nowMs + earlyMs) return;
  const { image, verdicts } = await seeInZones(ctx, current);
  const seen = seenOf(image, verdicts);
  const areCopiesShown = await areRegionCopiesShown(ctx, recipeState, current);
  const after = await ctx.changeRecipeState((h) => {
    const noted = noteCheck(noteTakenOff(h, current.id, image), current, seen, nowMs);
    if (noted === null || image?.status !== "active") return noted;
    return shownAgain(noted, image, { areCopiesShown, nowMs });
  });
  const { id, name } = current;
  const about = { recipe: recipeState.recipeName, image: id, name };
  const [was, is] = [faultOfCurrent(recipeState), faultOfCurrent(after)];
  if (is !== null && was === null) {
    const remedy = `regild refresh ${recipeState.recipeName}`;
    log.error("the current image is not usable any more", { ...about, ...is, remedy });
  } else if (was !== null && is === null && checkOf(after)?.imageId === id) {
    log.info("the current image is usable again", about);
  }
  if (recipeState.projectAtMs === null && after.projectAtMs !== null)
    log.warn(
      "the current image, or its copy, lacks a tag or a property that Regild has set, and gets it again",
      about,
    );
  const now = is === null ? after : await goBack(ctx, after, current);
  if (now !== null) await startAnew(deps, now);
}
