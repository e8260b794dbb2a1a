import type { Key } from "../ports.ts";

export const NOTIFICATION_STATE = "notifications";
/** Of messages to one target, in a partition of the target's own. */
export const MESSAGE_PREFIX = "message#";
export const TARGET_PARTITION = "N#";

/** Beside the runs, in the recipe's partition. */
export function notificationStateKey(recipe: string): Key {
  return { pk: `R#${recipe}`, sk: NOTIFICATION_STATE };
}

/** Null: the key is of another record. */
export function recipeToldOf({ pk, sk }: Key): string | null {
  return sk === NOTIFICATION_STATE ? pk.slice("R#".length) : null;
}
