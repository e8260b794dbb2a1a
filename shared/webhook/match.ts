import type { Recipe } from "../recipe/recipe.ts";
import { evaluateWhen } from "../recipe/when.ts";

/** A verified delivery, as recipes look at it. */
export interface SenderEvent {
  sender: string;
  /** Null: the delivery names none. */
  event: string | null;
  payload: object;
}

export type Match =
  | { kind: "starts" }
  | {
      kind: "passed-over";
      reason: string;
      /** It could not even be asked. */
      isTrouble: boolean;
    };

/**
 * Recipes by the sender that they take deliveries of, in the order of recipes.yml. Most recipes take none. A change of that
 * file makes a new map.
 */
const bySender = new WeakMap<ReadonlyMap<string, Recipe>, Map<string, TakesWebhooks[]>>();

type Webhook = NonNullable<Recipe["webhook"]>;
type TakesWebhooks = Recipe & { webhook: Webhook };

/** @returns the recipes that take deliveries of this sender. */
export function recipesOf(
  recipes: ReadonlyMap<string, Recipe>,
  sender: string,
): readonly TakesWebhooks[] {
  const known = bySender.get(recipes);
  if (known !== undefined) return known.get(sender) ?? [];
  const senders = Map.groupBy(
    [...recipes.values()].filter(takesWebhooks),
    ({ webhook }) => webhook.sender,
  );
  bySender.set(recipes, senders);
  return senders.get(sender) ?? [];
}

function takesWebhooks(recipe: Recipe): recipe is TakesWebhooks {
  return recipe.webhook !== null;
}

/** What an event does to a recipe that takes deliveries of its sender. */
export function matchOf(
  webhook: Webhook,
  { event, payload }: Pick<SenderEvent, "event" | "payload">,
): Match {
  if (event !== webhook.event) {
    return passedOver(
      event === null ? "the delivery names no event" : `it takes ${webhook.event}, not ${event}`,
    );
  }
  if (webhook.when === null) return { kind: "starts" };
  const asked = evaluateWhen(webhook.when, payload);
  if ("problem" in asked) {
    return { ...passedOver(`when cannot be asked of it: ${asked.problem}`), isTrouble: true };
  }
  return asked.value === true
    ? { kind: "starts" }
    : passedOver(`when is ${shown(asked.value)}, not true`);
}

function passedOver(reason: string) {
  return { kind: "passed-over" as const, reason, isTrouble: false };
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (value === false) return "false";
  return Array.isArray(value) ? "a list" : `of type ${typeof value}`;
}
