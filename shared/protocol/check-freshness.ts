import { faultOfCurrent } from "../image/current-check.ts";
import { pauseAt, pauseText } from "../image/pause.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { commit } from "./actor.ts";
import { errorOf, errorLine } from "./error-text.ts";
import { assess, type Overdue } from "./overdue.ts";
import { applyRecipe } from "./apply-recipe.ts";
import { applyNotifications } from "./apply-notifications.ts";
import type { Deps } from "./step.ts";

/** Gap between two logs of the same overdue recipe. */
const REMIND_AFTER_MS = 24 * 3_600_000;
/** Recipes read at the same time: a remote store takes milliseconds for each of thousands. */
const AT_ONCE = 20;

/**
 * Finds overdue recipes. Logs each when it becomes overdue, then once a day, then when it recovers. Running twice at once
 * may log one twice.
 * Reminds of a schedule that failures have paused in the same way.
 * @returns all overdue recipes, those whose current image is of no use, those that are paused, and those whose record
 * cannot be read, with the error.
 */
export async function checkFreshness(
  deps: Pick<Deps, "store" | "ids" | "log" | "timing" | "now">,
  recipes: ReadonlyMap<string, Recipe>,
): Promise<{ overdue: Overdue[]; unusable: string[]; paused: string[]; unknown: string[] }> {
  const overdue: Overdue[] = [];
  const unusable: string[] = [];
  const paused: string[] = [];
  const unknown: string[] = [];
  const all = [...recipes.values()];
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const some = all.slice(at, at + AT_ONCE);
    const checks = await Promise.allSettled(some.map((recipe) => check(deps, recipe)));
    for (const [i, done] of checks.entries()) {
      if (done.status === "rejected") {
        unknown.push(`${some[i]?.name} (${errorLine(errorOf(done.reason))})`);
      } else {
        if (done.value.overdue !== null) overdue.push(done.value.overdue);
        if (done.value.isUnusable) unusable.push(some[i]?.name ?? "");
        if (done.value.isPaused) paused.push(some[i]?.name ?? "");
      }
    }
  }
  return { overdue, unusable, paused, unknown };
}

async function check(
  deps: Pick<Deps, "store" | "ids" | "log" | "timing" | "now">,
  recipe: Recipe,
): Promise<{ overdue: Overdue | null; isUnusable: boolean; isPaused: boolean }> {
  const { store, log, timing } = deps;
  const nowMs = deps.now();
  const assessed = await assess({ store, graceMs: timing.graceMs, nowMs }, recipe);
  const { overdue: found, actor, watch: known, recipeState } = assessed;
  if (recipeState !== null) await applyRecipe(deps, recipe, recipeState);
  let { reportedAtMs } = known;
  if (found === null) {
    if (reportedAtMs !== null) log.info("recipe is no longer overdue", { recipe: recipe.name });
    reportedAtMs = null;
  } else if (reportedAtMs === null || nowMs - reportedAtMs >= REMIND_AFTER_MS) {
    log.error("recipe is overdue", { ...found, remedy: `regild runs ${recipe.name}` });
    reportedAtMs = nowMs;
  }
  const pause = recipeState === null ? null : pauseAt(recipeState.doc, nowMs);
  let { pauseReportedAtMs } = known;
  if (pause?.scope !== "schedule") {
    if (pauseReportedAtMs !== null) log.info("schedule is resumed", { recipe: recipe.name });
    pauseReportedAtMs = null;
  } else if (pauseReportedAtMs === null || nowMs - pauseReportedAtMs >= REMIND_AFTER_MS) {
    const remedy = `fix the cause, then: regild refresh ${recipe.name}, or regild resume ${recipe.name}`;
    log.error("schedule is paused", { recipe: recipe.name, why: pauseText(pause), remedy });
    pauseReportedAtMs = nowMs;
  }
  const notifications = JSON.stringify(recipe.notifications);
  if (notifications !== known.notifications) await applyNotifications(deps, recipe);
  const isNews =
    actor.version === 0 ||
    notifications !== known.notifications ||
    known !== actor.doc ||
    reportedAtMs !== known.reportedAtMs ||
    pauseReportedAtMs !== known.pauseReportedAtMs;
  const watch = { ...known, reportedAtMs, pauseReportedAtMs, notifications };
  if (isNews) await commit(deps, actor, watch, { sweepAtMs: null });
  return {
    overdue: found,
    isUnusable: recipeState !== null && faultOfCurrent(recipeState.doc) !== null,
    isPaused: pause !== null,
  };
}
