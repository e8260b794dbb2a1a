import type { Finding } from "../../shared/openstack/finding.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { FoundSource } from "../../shared/source/resolve.ts";
import { type SeenVault, vaultProblem } from "../../shared/source/vault.ts";
import { recipeFinding } from "./recipe-finding.ts";

/** Whether the vault would take the backup of the next run. */
export function vaultFindings(recipe: Recipe, vault: SeenVault, found: FoundSource): Finding[] {
  const problem = vaultProblem(recipe, vault, found);
  if (problem !== null)
    return [recipeFinding("problem", recipe, "vault_id", problem.message, problem.remedy)];
  if (vault === null || vault === "no CBR") return [];
  const { name, id, usedMib, sizeGib, isExpanding } = vault;
  const expands = isExpanding ? ", and CBR makes it larger by itself" : "";
  const message = `vault ${name} (${id}): ${Math.ceil(usedMib / 1024)} of ${sizeGib} GB are used${expands}`;
  return [recipeFinding("ok", recipe, "vault_id", message)];
}
