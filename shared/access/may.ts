import type { Role } from "./token.ts";

/** The smallest role that may do it. What is not listed, nobody may do. */
const SMALLEST_ROLE = {
  read: "read",
  refresh: "run",
  cancel: "run",
  pause: "run",
  resume: "run",
  rollback: "admin",
  approve: "admin",
  reject: "admin",
  revoke: "admin",
  pin: "admin",
  unpin: "admin",
} as const satisfies Record<string, Role>;

export type AccessAction = keyof typeof SMALLEST_ROLE;

const RANK: Record<Role, number> = { read: 1, run: 2, admin: 3 };

/** Who asks. Without a token somebody may read at most, where reading is open. */
export interface Asker {
  /** Null: nobody signed in. */
  token: { id: string; name: string } | null;
  role: Role;
  /** Names of the recipes that they may see. Null: all. */
  recipes: readonly string[] | null;
}

export const ANYBODY: Asker = { token: null, role: "read", recipes: null };

export type Denied =
  | { kind: "no-token" }
  | { kind: "role-too-small"; needs: Role; has: Role }
  | { kind: "other-recipe"; recipe: string | null };

/**
 * Decides who may do what. Every route asks here.
 * @param recipe null: the action is about all recipes.
 * @returns null: they may.
 */
export function denied(asker: Asker, action: AccessAction, recipe: string | null): Denied | null {
  const needs = SMALLEST_ROLE[action];
  if (asker.token === null && needs !== "read") return { kind: "no-token" };
  // Denies an action that is not listed, too: no rank is at least an unknown one.
  if (!(RANK[asker.role] >= RANK[needs])) return { kind: "role-too-small", needs, has: asker.role };
  const isTheirs = asker.recipes === null || (recipe !== null && asker.recipes.includes(recipe));
  return isTheirs ? null : { kind: "other-recipe", recipe };
}
