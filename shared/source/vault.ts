import type { Vault } from "../backups.ts";
import type { Cloud } from "../cloud-ports.ts";
import { comparableId } from "../cloud-ids.ts";
import type { Problem } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { remedyFor } from "../run/refusal.ts";
import type { FoundSource } from "./resolve.ts";

/** `no CBR`: the catalog has none. Null: 404. */
export type SeenVault = Vault | "no CBR" | null;

/** @throws CloudError what keeps this call from an answer would also keep the run from seeing its backup gone. */
export async function seeVault({ backups }: Cloud, vaultId: string): Promise<SeenVault> {
  try {
    return await backups.vault(vaultId);
  } catch (error) {
    if (error instanceof CloudError && error.code === "not-offered") return "no CBR";
    throw error;
  }
}

/** `lock`: CBR makes the vault larger just now, and takes backups (CBR user guide, "Viewing a Vault"). */
const IN_SERVICE = ["available", "lock"];

/**
 * Refuses a run whose backup the vault does not take, before the run stops the server.
 * @returns null: the vault takes it, as far as its record tells.
 */
export function vaultProblem(
  recipe: Pick<Recipe, "name" | "vaultId">,
  vault: SeenVault,
  found: Pick<FoundSource, "servers" | "volumes">,
): Problem | null {
  if (vault === "no CBR") {
    return {
      code: "no-cbr",
      message: `The catalog of this cloud has no CBR (Cloud Backup and Recovery), which capture: full_server needs`,
      remedy: `Write capture: system_disk into ${recipe.name}. If the cloud has a CBR, write its URL as cbr_endpoint_override into clouds.yaml`,
    };
  }
  if (vault === null) {
    return {
      code: "vault-unfit",
      message: `Vault ${recipe.vaultId} of ${recipe.name}.vault_id is not in this project and region`,
      remedy: `The console of CBR shows the ids of the vaults. Correct ${recipe.name}.vault_id or region_name`,
    };
  }
  const why = unfitness(vault);
  if (why !== null) {
    return {
      code: "vault-unfit",
      message: `Vault ${vault.name} (${vault.id}) takes no backup of a server: ${why}`,
      remedy: remedyFor("vault-unfit"),
    };
  }
  const room = shortage(vault, found);
  if (room === null) return null;
  return {
    code: "vault-full",
    message: `Vault ${vault.name} (${vault.id}) has no room for the backup: ${room}`,
    remedy: remedyFor("vault-full"),
  };
}

function unfitness({ objectType, protectType, status }: Vault): string | null {
  if (objectType !== "server") return `it is a vault for ${objectType}, not for server`;
  if (protectType !== "backup") return `it is a ${protectType} vault, not a backup vault`;
  return IN_SERVICE.includes(status) ? null : `its status is ${status}`;
}

/**
 * The vault takes a server whose size it has left, and backups until it is full (CBR user guide, "Associating a Resource
 * with the Vault", "Expanding Vault Capacity").
 */
function shortage(
  { sizeGib, usedMib, allocatedGib, isExpanding, serverIds }: Vault,
  { servers, volumes }: Pick<FoundSource, "servers" | "volumes">,
): string | null {
  if (isExpanding) return null;
  if (usedMib >= sizeGib * 1024) return `${sizeGib} of ${sizeGib} GB are used`;
  const server = servers[0];
  const ids = serverIds.map(comparableId);
  if (server === undefined || ids.includes(comparableId(server.id))) return null;
  const needGib = volumes.reduce((sum, volume) => sum + volume.sizeGib, 0);
  const leftGib = sizeGib - allocatedGib;
  return needGib <= leftGib
    ? null
    : `${allocatedGib} of ${sizeGib} GB are taken by the servers that it has, and the disks of ${server.name} have ${needGib} GB`;
}
