import * as z from "zod/mini";
import { NOTIFICATION_EVENTS } from "../../shared/notification/event-names.ts";
import { KINDS, type Target } from "../../shared/notify/target.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { documentSchema, listSchema, SCHEMA } from "./document.ts";

const targetSchema = z.strictObject({
  name: z.string(),
  kind: z.enum(KINDS),
  /** What it is told of where a recipe does not say. */
  events: z.array(z.enum(NOTIFICATION_EVENTS)),
  /** `22:00 to 06:00 Europe/Berlin`; null: none. */
  quiet_hours: z.nullable(z.string()),
  /** Those that tell it. */
  recipes: z.array(z.string()),
});
export type TargetView = z.infer<typeof targetSchema>;

export const targetsDocument = z.extend(listSchema, { targets: z.array(targetSchema) });

export const triedDocument = z.extend(documentSchema, {
  target: z.string(),
  taken: z.boolean(),
  /** Why it was not taken. */
  reason: z.nullable(z.string()),
});

export function targetsPage(
  targets: ReadonlyMap<string, Target>,
  recipes: ReadonlyMap<string, Recipe>,
): z.infer<typeof targetsDocument> {
  const views = Array.from(targets, ([name, { kind, events, quiet_hours: quiet }]): TargetView => ({
    name,
    kind,
    events: events ?? [...NOTIFICATION_EVENTS],
    quiet_hours: quiet === undefined ? null : `${quiet.from} to ${quiet.to} ${quiet.timezone}`,
    recipes: [...recipes.values()].flatMap((recipe) =>
      recipe.notifications.some(({ to }) => to === name) ? [recipe.name] : [],
    ),
  }));
  return { schema: SCHEMA, targets: views, next: null };
}
