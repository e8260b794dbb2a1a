import type { Gauge } from "prom-client";
import type { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { imagesPage, statusOf } from "../view/queries.ts";
import type { Records } from "../view/read.ts";
import type { HostMetrics } from "./host-metrics.ts";

/** More images of a recipe are not added up: each page of them is a query. */
const MAX_IMAGES = 1000;

/** Numbers that stand in the data file: read with each scrape, so they hold after a restart too. */
export function storeMetrics(
  metrics: HostMetrics,
  { records, queue }: { records: Records; queue: SqliteQueue },
): () => Promise<void> {
  const byRecipe = (name: string, help: string): Gauge => metrics.gauge(name, help, ["recipe"]);
  const success = byRecipe(
    "recipe_last_success_timestamp_seconds",
    "When the current image became current.",
  );
  const overdue = byRecipe("recipe_overdue", "1: a scheduled start brought no new image in time.");
  const unusable = byRecipe(
    "recipe_current_unusable",
    "1: the current image was deleted or deactivated outside Regild.",
  );
  const needsYou = byRecipe("recipe_needs_attention", "1: regild status says what has to be done.");
  const paused = byRecipe(
    "recipe_paused",
    "1: a person or failures have paused the recipe or its schedule.",
  );
  const nextStart = byRecipe(
    "recipe_next_start_timestamp_seconds",
    "The next start by the schedule.",
  );
  const images = byRecipe("images", "Images that the recipe holds.");
  const bytes = byRecipe("image_bytes", "Their size in the image store.");
  const runsUnderWay = metrics.gauge("runs_under_way", "Runs that have not ended.");
  const stuck = metrics.gauge("stuck_dead_letters", "Messages that somebody has to retry.");
  const queued = metrics.gauge("queue_messages", "Messages in a queue.", ["queue"]);
  const oldest = metrics.gauge(
    "queue_oldest_message_age_seconds",
    "How long the oldest message has been due; 0: none is due.",
    ["queue"],
  );
  const perRecipe = [success, overdue, unusable, needsYou, paused, nextStart, images, bytes];

  return async () => {
    const status = await statusOf(records);
    const held = new Map<string, Held>();
    for (const { recipe } of status.recipes) held.set(recipe, await heldBy(records, recipe));
    // Nothing is awaited from here on: two scrapes at once do not mix their numbers.
    for (const gauge of [...perRecipe, queued, oldest]) gauge.reset();
    for (const of of status.recipes) {
      const { recipe } = of;
      if (of.current !== null) success.set({ recipe }, seconds(of.current.since));
      overdue.set({ recipe }, of.fresh.state === "overdue" ? 1 : 0);
      unusable.set({ recipe }, of.current?.fault == null ? 0 : 1);
      needsYou.set({ recipe }, of.needs_you ? 1 : 0);
      paused.set({ recipe }, of.paused === null ? 0 : 1);
      if (of.next_start_at !== null) nextStart.set({ recipe }, seconds(of.next_start_at));
      images.set({ recipe }, held.get(recipe)?.count ?? 0);
      bytes.set({ recipe }, held.get(recipe)?.bytes ?? 0);
    }
    runsUnderWay.set(status.runs_under_way ?? 0);
    stuck.set(status.stuck_dead_letters);
    for (const { queue: name, messages, dueSinceSeconds } of queue.depths()) {
      queued.set({ queue: name }, messages);
      oldest.set({ queue: name }, dueSinceSeconds);
    }
  };
}

interface Held {
  count: number;
  bytes: number;
}

async function heldBy(records: Records, recipe: string): Promise<Held> {
  const { images } = await imagesPage(records, recipe, { limit: MAX_IMAGES, after: null });
  const bytes = images.reduce((sum, { stored_bytes }) => sum + (stored_bytes ?? 0), 0);
  return { count: images.length, bytes };
}

function seconds(time: string): number {
  return Date.parse(time) / 1000;
}
