import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { Key } from "../ports.ts";
import { commit, load, unborn } from "../protocol/actor.ts";
import { isRemembered, type Trigger } from "../protocol/start.ts";
import type { Deps } from "../protocol/step.ts";
import { formatDuration } from "../recipe/duration.ts";
import type { Recipe } from "../recipe/recipe.ts";

const TRIES = 5;
const KEPT_MS = 24 * 3_600_000;

const lastStartSchema = z.strictObject({
  schema: z.literal(1),
  triggerId: z.string(),
  atMs: z.int(),
});

/**
 * Keeps webhook starts of a recipe apart: whoever captures a delivery whose id is not signed could otherwise send it
 * under ever new ids, and have images taken back to back.
 * @returns why the trigger may not start the recipe now; null if it may, or did before.
 */
export async function gapProblem(
  deps: Pick<Deps, "store" | "ids" | "now">,
  installationId: string,
  recipe: Recipe,
  trigger: Trigger,
): Promise<string | null> {
  const gapMs = recipe.webhook?.minGapMs ?? 0;
  if (gapMs === 0 || (await isRemembered(deps, installationId, recipe, trigger))) return null;
  const key = keyOf(installationId, recipe.name);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const now = deps.now();
    const last = await load(deps.store, key, lastStartSchema);
    // A sender repeats a delivery whose start was not written down.
    if (last?.doc.triggerId === trigger.id) return null;
    const sinceMs = last === null ? Infinity : now - last.doc.atMs;
    if (sinceMs < gapMs) return problemOf(sinceMs, gapMs);
    const doc = { schema: 1 as const, triggerId: trigger.id, atMs: now };
    const expiresAtMs = now + gapMs + KEPT_MS;
    const won = await commit(deps, last ?? unborn(key, doc), doc, { sweepAtMs: null, expiresAtMs });
    if (won !== null) return null;
  }
  return "other webhooks start it at the same time";
}

function problemOf(sinceMs: number, gapMs: number): string {
  const ago = formatDuration(Math.max(0, Math.floor(sinceMs / 1000) * 1000));
  return `a webhook started it ${ago} ago, and min_gap is ${formatDuration(gapMs)}`;
}

function keyOf(installationId: string, recipeName: string): Key {
  const digest = createHash("sha256").update(
    [installationId, recipeName, "webhook-gap"].join("\n"),
  );
  return { pk: `T#${digest.digest("hex")}`, sk: "gap" };
}
