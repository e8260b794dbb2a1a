import * as z from "zod/mini";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Target } from "../../shared/notify/target.ts";
import { at } from "./random.ts";
import type { Telling } from "./told.ts";

const SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
/** No log and no record may hold them. */
export const PEOPLE_SECRETS = [SECRET];
export const PEOPLE_HOST = "people.example.com";
export const PEOPLE = "people";

/** Whom the recipes of some seeds tell of the ends of their runs. */
export const TARGETS: ReadonlyMap<string, Target> = new Map<string, Target>([
  [PEOPLE, { kind: "webhook", url: `https://${PEOPLE_HOST}/regild`, secrets: [SECRET] }],
]);

export function hasNotifications(seed: string): boolean {
  return at(seed, "notifications") < 0.06;
}

export function withNotifications(recipe: Recipe, seed: string): Recipe {
  if (!hasNotifications(seed)) return recipe;
  return { ...recipe, notifications: [{ to: PEOPLE, events: ["failed", "promoted"] }] };
}

const HOUR = 3_600_000;

/** In some seeds the receiver is down for hours, less than the day after which a message is given up. */
export function isPeopleDown(seed: string, sinceBeginMs: number): boolean {
  if (at(seed, "people down") < 0.5) return false;
  const fromMs = at(seed, "people down from") * 2 * HOUR;
  const forMs = at(seed, "people down for") * 18 * HOUR;
  return sinceBeginMs >= fromMs && sinceBeginMs < fromMs + forMs;
}

const bodySchema = z.object({
  data: z.object({
    notifications: z.array(z.object({ event: z.string(), run: z.nullable(z.string()) })),
  }),
});
const OUTCOMES: Readonly<Record<string, readonly string[]>> = {
  failed: ["failed"],
  promoted: ["succeeded"],
  recovered: ["succeeded"],
};

/** What people were told of the ends of runs. A promotion of no run is a rollback. */
export function tellingsOf(body: string): Telling[] {
  return bodySchema
    .parse(JSON.parse(body))
    .data.notifications.flatMap(({ event, run }) =>
      run === null ? [] : [{ to: PEOPLE, run, outcomes: OUTCOMES[event] ?? [] }],
    );
}
