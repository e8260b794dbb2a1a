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
  "clean up": "admin",
} as const satisfies Record<string, Role>;

export type AccessAction = keyof typeof SMALLEST_ROLE;

const RANK: Record<Role, number> = { read: 1, run: 2, admin: 3 };

/** A role for some recipes. */
export interface Grant {
  role: Role;
  /** Names of the recipes. Null: all. */
  recipes: readonly string[] | null;
}

/** Who asks. Somebody who did not sign in may read at most, where reading is open. */
export interface Asker {
  /** A token, or a person of the OpenID provider. Null: nobody signed in. */
  known: { kind: "token" | "person"; id: string; name: string } | null;
  /** Each of them allows. A token has one, a person may have several. */
  grants: readonly Grant[];
}

export const ANYBODY: Asker = { known: null, grants: [{ role: "read", recipes: null }] };

export type Denied =
  | { kind: "not-signed-in" }
  | { kind: "role-too-small"; needs: Role; has: Role | null }
  | { kind: "other-recipe"; recipe: string | null };

/**
 * Decides who may do what. Every route asks here.
 * @param recipe null: the action is about all recipes.
 * @returns null: they may.
 */
export function denied(asker: Asker, action: AccessAction, recipe: string | null): Denied | null {
  const needs = SMALLEST_ROLE[action];
  if (asker.known === null && needs !== "read") return { kind: "not-signed-in" };
  // Denies an action that is not listed, too: no rank is at least an unknown one.
  const isEnough = ({ role }: Grant) => RANK[role] >= RANK[needs];
  const isAbout = ({ recipes }: Grant) =>
    recipes === null || (recipe !== null && recipes.includes(recipe));
  const [enough, about] = [asker.grants.filter(isEnough), asker.grants.filter(isAbout)];
  if (enough.some(isAbout)) return null;
  if (enough.length > 0 && about.length === 0) return { kind: "other-recipe", recipe };
  const has = greatestRole(about.length === 0 ? asker.grants : about);
  return { kind: "role-too-small", needs, has };
}

function greatestRole(grants: readonly Grant[]): Role | null {
  const roles = grants.map(({ role }) => role);
  return roles.toSorted((a, b) => RANK[b] - RANK[a])[0] ?? null;
}

/** Names of the recipes that they may see: every role reads. Null: all. */
export function recipesSeenBy({ grants }: Pick<Asker, "grants">): readonly string[] | null {
  if (grants.some(({ recipes }) => recipes === null)) return null;
  return [...new Set(grants.flatMap(({ recipes }) => recipes ?? []))];
}
