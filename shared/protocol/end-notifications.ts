import { NEWS_CHECK_MS } from "../notification/state.ts";
import { recipeToldOf } from "../notification/state-key.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { applyNotifications } from "./apply-notifications.ts";
import { commit, load } from "./actor.ts";
import { NOBODY, watchKey, watchSchema } from "./overdue.ts";
import type { Deps } from "./step.ts";

/** Most due items read per shard. A recipe beyond them has its turn at a later check. */
const MAX_PER_SHARD = 10_000;

/**
 * Tells nobody of recipes that are in the file no more. A recipe that tells somebody is due within NEWS_CHECK_MS, so it is
 * among the due items; the double allows for clocks that differ.
 */
export async function endNotifications(
  deps: Pick<Deps, "store" | "ids" | "log" | "now">,
  recipes: ReadonlyMap<string, Recipe>,
): Promise<void> {
  const untilMs = deps.now() + 2 * NEWS_CHECK_MS;
  for (let shard = 0; shard < deps.store.shards; shard++) {
    for (const { key } of await deps.store.due(shard, untilMs, MAX_PER_SHARD)) {
      const name = recipeToldOf(key);
      if (name !== null && !recipes.has(name)) await end(deps, name);
    }
  }
}

async function end(deps: Pick<Deps, "store" | "ids" | "log" | "now">, name: string): Promise<void> {
  const watch = await load(deps.store, watchKey(name), watchSchema);
  // First: a recipe that is added again differs from this record, and so tells somebody again.
  if (watch !== null) {
    const doc = { ...watch.doc, notifications: NOBODY };
    if ((await commit(deps, watch, doc, { sweepAtMs: null })) === null) return;
  }
  await applyNotifications(deps, { name, notifications: [] });
  deps.log.info("nobody is told of a recipe that was removed", { recipe: name });
}
