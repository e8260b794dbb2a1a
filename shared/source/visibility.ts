import type { Images, VisibilityAnswer } from "../cloud-ports.ts";
import type { Problem } from "../context.ts";
import type { Recipe } from "../recipe/recipe.ts";

/** The policy rule behind each visibility that Glance guards with one, and the role that has it by default. */
export const VISIBILITY_RULES: Partial<Record<Recipe["image"]["visibility"], [string, string]>> = {
  public: ["publicize_image", "admin"],
  community: ["communitize_image", "member"],
};

/** Checked before a run stops a server or uploads anything. Private and shared images need no such rule. */
export async function seeVisibility(images: Images, { image }: Recipe): Promise<VisibilityAnswer> {
  if (VISIBILITY_RULES[image.visibility] === undefined) return { may: "yes" };
  return images.mayGive(image.visibility);
}

/** @returns null: the visibility is allowed, or only the attempt can show it. */
export function visibilityProblem(recipe: Recipe, answer: VisibilityAnswer): Problem | null {
  if (answer.may !== "no") return null;
  const { visibility } = recipe.image;
  const [rule, role] = VISIBILITY_RULES[visibility] ?? ["its policy rule", "another"];
  return {
    code: "visibility-refused",
    message: `These credentials may not make an image ${visibility}: ${answer.why}`,
    remedy: `Write image.visibility: private or shared into ${recipe.name}, or ask the cloud's operator for the policy rule ${rule} (by default, role ${role} has it)`,
  };
}
