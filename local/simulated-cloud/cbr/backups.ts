import { Refusal, type Answer } from "../answers.ts";
import { callerOf, effectOf, type Call } from "../call.ts";
import type { Backup } from "../resources.ts";
import { isoMicros } from "../times.ts";
import type { World } from "../world.ts";

/** Of a server, as IMS has it made. For those who check what happened, it is named after its image. */
export function addBackup(
  world: World,
  of: Pick<Backup, "projectId" | "vaultId" | "serverId" | "imageId">,
): Backup {
  const id = world.newId();
  const made = { id, ...of, status: "protecting" as const, sizeGib: 40, createdAtMs: world.nowMs };
  world.backups.set(id, made);
  world.note("created", "backup", id, `backup for ${imageName(world, of.imageId)}`);
  return made;
}

function imageName(world: World, id: string): string {
  return world.firstZone.images.get(id)?.name ?? "";
}

export function removeBackup(world: World, id: string): void {
  if (world.backups.delete(id)) world.note("deleted", "backup", id, "");
}

/** Accepted is not done. */
export function startDelete(call: Call, backup: Backup): void {
  const { world } = call;
  if (effectOf(call, "backup-stays") !== undefined) {
    backup.status = "available";
    return;
  }
  backup.status = "deleting";
  world.after(world.settings.deleteSeconds, () => removeBackup(world, backup.id));
}

function backupOf(call: Call): Backup {
  const id = call.params["id"] ?? "";
  const backup = call.world.backups.get(id);
  if (backup === undefined || backup.projectId !== callerOf(call).project.id)
    throw new Refusal(404, `The backup ${id} does not exist.`);
  return backup;
}

export function showBackup(call: Call): Answer {
  return { status: 200, body: { backup: backupBody(backupOf(call)) } };
}

export function listBackups(call: Call): Answer {
  const { query, world } = call;
  const me = callerOf(call).project.id;
  const found = [...world.backups.values()].filter(
    ({ projectId, vaultId, serverId }) =>
      projectId === me &&
      (query.get("vault_id") ?? vaultId) === vaultId &&
      (query.get("resource_id") ?? serverId) === serverId,
  );
  const start = found.findIndex(({ id }) => id === query.get("marker")) + 1;
  const limit = Math.min(Number(query.get("limit") ?? 1000), world.settings.maxPage);
  const backups = found.slice(start, start + limit).map(backupBody);
  return { status: 200, body: { count: found.length, backups } };
}

export function deleteBackup(call: Call): Answer {
  const backup = backupOf(call);
  if (call.world.firstZone.images.has(backup.imageId))
    throw new Refusal(
      400,
      "The backup cannot be deleted because it has been used to create an image.",
    );
  if (backup.status !== "available" && backup.status !== "error")
    throw new Refusal(400, "The backup cannot be deleted because it is in use.");
  startDelete(call, backup);
  return { status: 204 };
}

function backupBody(backup: Backup): Record<string, unknown> {
  const { id, vaultId, serverId, projectId, status, sizeGib, imageId, createdAtMs } = backup;
  return {
    id,
    name: `backup_${id.slice(0, 4)}`,
    description: "",
    provider_id: "0daac4c5-6707-4851-97ba-169e36266b66",
    checkpoint_id: id,
    vault_id: vaultId,
    resource_id: serverId,
    resource_type: "OS::Nova::Server",
    resource_size: sizeGib,
    image_type: "backup",
    project_id: projectId,
    status,
    children: [],
    created_at: isoMicros(createdAtMs),
    extend_info: { auto_trigger: false, os_images_data: [{ image_id: imageId }] },
  };
}
