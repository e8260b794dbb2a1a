import { finding, type Finding } from "../../../shared/openstack/finding.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { Acting, type ActingOptions, Interrupted } from "./acting.ts";
import { imageActs } from "./image-acts.ts";
import { removeLeftovers, removeOwn } from "./leftovers.ts";
import type { Maker } from "./mark.ts";
import { type ServerWish, serverActs } from "./server-acts.ts";
import { volumeActs } from "./volume-acts.ts";

/**
 * Does in one cloud what runs do, on things of its own, and removes them: whatever happens, also after Ctrl-C.
 * Everything bears the mark, so a killed doctor leaves things that the next one finds.
 */
export async function act(
  options: ActingOptions,
  is: { recipes: readonly Recipe[]; server: ServerWish | null; self: Maker },
): Promise<Finding[]> {
  const acting = new Acting(options);
  try {
    await removeLeftovers(acting, is.self);
    await imageActs(acting, is.recipes);
    await volumeActs(acting);
    await serverActs(acting, is.server, is.recipes);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    const message = "Ctrl-C: the other acts were not tried";
    acting.tell(finding("unknown", "clean-up", message));
  } finally {
    await removeOwn(acting);
  }
  return acting.findings;
}
