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

/** @returns null: the recipe is none of this sender's. */
export function matchOf(
  { webhook }: Recipe,
  { sender, event, payload }: SenderEvent,
): Match | null {
  if (webhook?.sender !== sender) return null;
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
