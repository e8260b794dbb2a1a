import { recipeStateKey, recipeStateSchema } from "../image/recipe-state.ts";
import {
  newsCheckAtMs,
  type NotificationState,
  notificationStateSchema,
} from "../notification/state.ts";
import type { Page, Item, ReconcileRequest } from "../ports.ts";
import { type Actor, commit, load, read } from "../protocol/actor.ts";
import { watchKey, watchSchema } from "../protocol/overdue.ts";
import { type Run, runSchema } from "../run/record.ts";
import { runId, runKey } from "../run/run-id.ts";
import type { NotifyDeps } from "./deps.ts";
import { findNews, type Records } from "./news.ts";
import { writeDown } from "./write-down.ts";

/** Runs that began within this time before the last look are read, and those that had not ended then. */
const WINDOW_MS = 24 * 3_600_000;
const PAGE = 100;

/** Takes one message of the queue: writes down the news of one recipe, for each target that wants them. */
export async function reconcileNews(on: NotifyDeps, request: ReconcileRequest): Promise<void> {
  const actor = await load(on.store, request.key, notificationStateSchema);
  if (actor === null || actor.version !== request.version) return;
  const { doc: state } = actor;
  const nowMs = on.now();
  const { news, state: next } = findNews(state, await recordsOf(on, state), nowMs);
  // Written down before the state says that they are known.
  for (const each of news) await writeDown(on, state.rules, each);
  const won = await commit(on, actor, next, { sweepAtMs: newsCheckAtMs(next) });
  // A run may have ended, and asked for this, right before the commit put the next look off.
  if (won === null) return;
  for (const { id } of next.openRuns) {
    const run = (await load(on.store, runKey(id), runSchema))?.doc;
    if (run?.outcome !== null) await on.store.mark(actor.key, { sweepAtMs: on.now() });
  }
}

async function recordsOf(
  on: Pick<NotifyDeps, "store">,
  { recipe, readAtMs, openRuns }: NotificationState,
): Promise<Records> {
  const runs = await runsSince(on, recipe, readAtMs - WINDOW_MS);
  const missing = openRuns.filter(({ id }) => !runs.some(({ doc }) => doc.id === id));
  for (const { id } of missing) {
    const run = await load(on.store, runKey(id), runSchema);
    if (run !== null) runs.push(run);
  }
  return {
    runs,
    recipeState: (await load(on.store, recipeStateKey(recipe), recipeStateSchema))?.doc ?? null,
    watch: (await load(on.store, watchKey(recipe), watchSchema))?.doc ?? null,
  };
}

/** Ids of runs begin with the time of their start, and the newest come first. */
async function runsSince(
  { store }: Pick<NotifyDeps, "store">,
  recipe: string,
  sinceMs: number,
): Promise<Array<Actor<Run>>> {
  const { pk, sk: from } = runKey(runId(recipe, Math.max(0, sinceMs), "000000"));
  const found: Array<Actor<Run>> = [];
  let cursor: string | null = null;
  do {
    const page: Page<Item> = await store.range(pk, "run#", PAGE, cursor);
    const within = page.items.filter(({ key }) => key.sk >= from);
    found.push(...within.map((item) => read(item, runSchema)));
    cursor = within.length < page.items.length ? null : page.cursor;
  } while (cursor !== null);
  return found;
}
