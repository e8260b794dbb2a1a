import type { Visitor } from "../access/gate.ts";
import { type AccessAction, denied, recipesSeenBy } from "../../shared/access/may.ts";

/** Who looks at a page, and what the page may offer them. */
export interface Viewer {
  /** Of the person, or of the token that they signed in with. Null: nobody signed in. */
  name: string | null;
  /** For the forms of this sign-in. Null: without a sign-in there are no forms. */
  csrf: string | null;
  /** @param recipe null: all of them. */
  may: (action: AccessAction, recipe: string | null) => boolean;
  /** Names of the recipes that they see. Null: all. */
  recipes: readonly string[] | null;
}

export const NOBODY: Viewer = { name: null, csrf: null, may: () => false, recipes: null };

export function viewerOf(visitor: Visitor): Viewer {
  const { session, known } = visitor;
  const recipes = recipesSeenBy(visitor);
  if (session === null) return { ...NOBODY, recipes };
  return {
    recipes,
    name: known?.name ?? null,
    csrf: session.csrf,
    may: (action, recipe) => denied(visitor, action, recipe) === null,
  };
}
