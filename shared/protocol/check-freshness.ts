import * as z from "zod/mini";
import { type Head, headKey, headSchema } from "../image/head.ts";
import type { Key } from "../ports.ts";
import { missedStart } from "../recipe/freshness.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { commit, load, unborn } from "./actor.ts";
import type { Deps } from "./step.ts";
import { errorOf, tellError } from "./error-text.ts";

/**
 * What the check itself remembers of a recipe. Nothing else tells a recipe that is new, or has another schedule now, from
 * one that never comes to an image: whose cloud refuses it at once, that has no head either.
 */
const watchSchema = z.strictObject({
  schema: z.literal(1),
  /** As JSON text. */
  schedule: z.string(),
  /** When the recipe was first seen with this schedule. */
  sinceMs: z.int(),
  /** When it was last told that the recipe is overdue; null: it is not. */
  toldAtMs: z.nullable(z.int()),
});

export interface Overdue {
  recipe: string;
  /** The first start that came to nothing, RFC 3339. */
  due: string;
  /** When an image was last promoted; null: never. */
  refreshed: string | null;
}

/** Who did not hear it the first time. */
const REMIND_AFTER_MS = 24 * 3_600_000;
/** A store far away takes milliseconds for each of thousands. */
const AT_ONCE = 20;

/**
 * Which recipes have a schedule, and no new image by it. It is told once, and again every day while it lasts. Running
 * twice at once may tell it twice.
 * @returns all that are overdue, whether told of now or before; and of whom a record cannot be read, with its error.
 */
export async function checkFreshness(
  deps: Pick<Deps, "store" | "ids" | "log" | "timing" | "now">,
  recipes: ReadonlyMap<string, Recipe>,
): Promise<{ overdue: Overdue[]; unknown: string[] }> {
  const overdue: Overdue[] = [];
  const unknown: string[] = [];
  const all = [...recipes.values()];
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const some = all.slice(at, at + AT_ONCE);
    const checks = await Promise.allSettled(some.map((recipe) => check(deps, recipe)));
    for (const [i, done] of checks.entries()) {
      if (done.status === "rejected") {
        unknown.push(`${some[i]?.name} (${tellError(errorOf(done.reason))})`);
      } else if (done.value !== null) {
        overdue.push(done.value);
      }
    }
  }
  return { overdue, unknown };
}

async function check(
  deps: Pick<Deps, "store" | "ids" | "log" | "timing" | "now">,
  recipe: Recipe,
): Promise<Overdue | null> {
  const { store, log, timing } = deps;
  const nowMs = deps.now();
  const schedule = JSON.stringify(recipe.schedule);
  const blank = { schema: 1 as const, schedule, sinceMs: nowMs, toldAtMs: null };
  const actor =
    (await load(store, watchKey(recipe.name), watchSchema)) ?? unborn(watchKey(recipe.name), blank);
  const known = actor.doc.schedule === schedule ? actor.doc : blank;
  const head = (await load(store, headKey(recipe.name), headSchema))?.doc;
  const refreshedAtMs = head === undefined ? null : lastPromotion(head);
  const sinceMs = Math.max(known.sinceMs, refreshedAtMs ?? 0);
  const dueAtMs = missedStart(recipe, { sinceMs, graceMs: timing.graceMs, nowMs });

  const found = dueAtMs === null ? null : overdueSince(recipe.name, dueAtMs, refreshedAtMs);
  let { toldAtMs } = known;
  if (found === null) {
    if (toldAtMs !== null) log.info("recipe is no longer overdue", { recipe: recipe.name });
    toldAtMs = null;
  } else if (toldAtMs === null || nowMs - toldAtMs >= REMIND_AFTER_MS) {
    log.error("recipe is overdue", { ...found, remedy: `regild runs ${recipe.name}` });
    toldAtMs = nowMs;
  }
  const isNews = actor.version === 0 || known !== actor.doc || toldAtMs !== known.toldAtMs;
  if (isNews) await commit(deps, actor, { ...known, toldAtMs }, { sweepAtMs: null });
  return found;
}

function overdueSince(recipe: string, dueAtMs: number, refreshedAtMs: number | null): Overdue {
  const due = new Date(dueAtMs).toISOString();
  const refreshed = refreshedAtMs === null ? null : new Date(refreshedAtMs).toISOString();
  return { recipe, due, refreshed };
}

/** Of whichever image: one that was promoted and has been rolled back or deleted by hand since was a refresh as well. */
function lastPromotion({ images }: Head): number | null {
  const promotions = images.flatMap(({ promotedAtMs }) => promotedAtMs ?? []);
  return promotions.length === 0 ? null : Math.max(...promotions);
}

function watchKey(recipeName: string): Key {
  return { pk: `R#${recipeName}`, sk: "freshness" };
}
