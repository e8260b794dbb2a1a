import { Refusal, type Answer } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import type { ImsErrorCode } from "../ims/errors.ts";
import type { Vault } from "../resources.ts";

export function showVault(call: Call): Answer {
  const id = call.params["id"] ?? "";
  const vault = call.world.vaults.get(id);
  if (vault === undefined || vault.projectId !== callerOf(call).project.id)
    throw new Refusal(404, `The vault ${id} does not exist.`);
  return { status: 200, body: { vault: vaultBody(vault) } };
}

/** Why IMS makes no full-server image with this vault. Null: it makes one. */
export function vaultRefusal(call: Call, vaultId: unknown, serverId: string): ImsErrorCode | null {
  const { vaults, backups } = call.world;
  const vault = typeof vaultId === "string" ? vaults.get(vaultId) : undefined;
  if (vault?.projectId !== callerOf(call).project.id) return "IMG.0184";
  if (vault.objectType !== "server") return "IMG.0193";
  if (vault.status !== "available") return "IMG.0188";
  if (vault.usedMib >= vault.sizeGib * 1024) return "IMG.0182";
  const isBackedUp = [...backups.values()].some(
    (backup) => backup.serverId === serverId && backup.status === "protecting",
  );
  return isBackedUp ? "IMG.0136" : null;
}

function vaultBody(vault: Vault): Record<string, unknown> {
  const { id, name, projectId, objectType, status, sizeGib, usedMib, serverIds } = vault;
  return {
    id,
    name,
    project_id: projectId,
    provider_id: "0daac4c5-6707-4851-97ba-169e36266b66",
    resources: serverIds.map((server) => ({ id: server, type: "OS::Nova::Server", size: 40 })),
    auto_expand: false,
    billing: {
      allocated: serverIds.length * 40,
      charging_mode: "post_paid",
      protect_type: "backup",
      object_type: objectType,
      spec_code: `vault.backup.${objectType}.normal`,
      used: usedMib,
      status,
      size: sizeGib,
    },
    tags: [],
  };
}
