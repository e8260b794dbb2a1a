import { randomUUID } from "node:crypto";
import type { HttpResponse } from "../../shared/ports.ts";
import { answer } from "./json-answer.ts";

export interface DocumentedVault {
  name: string;
  objectType: "server" | "disk" | "turbo";
  protectType: "backup" | "replication";
  status: "available" | "lock" | "frozen" | "deleting" | "error";
  sizeGib: number;
  usedMib: number;
  allocatedGib: number;
  expands: boolean;
  serverIds: string[];
}

export interface DocumentedBackup {
  vaultId: string;
  serverId: string;
  status: "protecting" | "available" | "deleting" | "error";
  imageIds: string[];
  createdAtMs: number;
}

/** When things happen on the cloud's clock. */
export interface Clock {
  nowMs: number;
  after(seconds: number, happens: () => void): void;
}

/** How long CBR takes to delete a backup. */
const DELETE_SECONDS = 20;

/**
 * Cloud Backup and Recovery, as its API reference describes it. Written from that document, and independent of the
 * simulated cloud.
 */
export class CbrServer {
  readonly vaults = new Map<string, DocumentedVault>();
  readonly backups = new Map<string, DocumentedBackup>();
  /** False: CBR takes a delete and does nothing. */
  deletes = true;
  /** The credentials have no right to CBR. */
  isForbidden = false;
  /** Why CBR refuses every delete: code and message. Null: it does not. */
  refusal: [code: string, message: string] | null = null;
  /** False: CBR does not tell which images are made of a backup. */
  tellsImages = true;
  readonly #projectId: string;
  readonly #clock: Clock;

  constructor(projectId: string, clock: Clock) {
    this.#projectId = projectId;
    this.#clock = clock;
  }

  addVault(is: Partial<DocumentedVault> = {}): string {
    const id = randomUUID();
    const size = { sizeGib: 100, usedMib: 0, allocatedGib: 0, expands: false };
    const kind = { objectType: "server", protectType: "backup", status: "available" } as const;
    this.vaults.set(id, { name: "golden", ...kind, ...size, serverIds: [], ...is });
    return id;
  }

  addBackup(
    is: Pick<DocumentedBackup, "vaultId" | "serverId"> & Partial<DocumentedBackup>,
  ): string {
    const id = randomUUID();
    const made = { createdAtMs: this.#clock.nowMs, imageIds: [] };
    this.backups.set(id, { status: "available", ...made, ...is });
    return id;
  }

  /** "Deleting a Backup" answers before the backup is gone: `deleting` is one of its states. */
  startDelete(id: string): void {
    const backup = this.backups.get(id);
    if (backup === undefined || !this.deletes) return;
    backup.status = "deleting";
    this.#clock.after(DELETE_SECONDS, () => this.backups.delete(id));
  }

  /** IMS associates the server with the vault, and has it backed up. */
  backUp({ vaultId, serverId }: { vaultId: string; serverId: string }, imageId: string): string {
    const vault = this.vaults.get(vaultId);
    if (vault !== undefined && !vault.serverIds.includes(serverId)) vault.serverIds.push(serverId);
    return this.addBackup({ vaultId, serverId, status: "protecting", imageIds: [imageId] });
  }

  complete(id: string): void {
    const backup = this.backups.get(id);
    if (backup?.status === "protecting") backup.status = "available";
  }

  /** No image is made of it any more. */
  unlink(id: string): void {
    const backup = this.backups.get(id);
    if (backup !== undefined) backup.imageIds = [];
  }

  /**
   * Why IMS makes no full-ECS image with this vault: code and message. Source: Image Management Service API reference,
   * "Creating a Full-ECS Image" (with CBR, `vault_id` is mandatory), "Error Codes".
   */
  refusalOf(vaultId: unknown, serverId: string): [code: string, message: string] | null {
    const vault = typeof vaultId === "string" ? this.vaults.get(vaultId) : undefined;
    if (vault === undefined) return ["IMG.0184", "Failed to obtain the vault."];
    if (vault.objectType !== "server")
      return ["IMG.0193", "The vault is not a cloud server backup vault."];
    if (vault.status !== "available" && vault.status !== "lock")
      return ["IMG.0188", "Vault is unavailable."];
    const isElsewhere = [...this.vaults].some(
      ([id, { serverIds }]) => id !== vaultId && serverIds.includes(serverId),
    );
    if (isElsewhere) return ["IMG.0183", "The ECS can only be associated with one vault."];
    if (vault.usedMib >= vault.sizeGib * 1024)
      return ["IMG.0182", "Insufficient vault capacity. Please expand the capacity."];
    const isBackedUp = [...this.backups.values()].some(
      (backup) => backup.serverId === serverId && backup.status === "protecting",
    );
    return isBackedUp
      ? ["IMG.0136", "Failed to create a full-ECS image because the ECS is being backed up."]
      : null;
  }

  /** @param path below the endpoint and the project. */
  answer(method: string, path: string, query: URLSearchParams): HttpResponse {
    if (this.isForbidden) return cbrError(403, "BackupService.8600", "Not authenticated.");
    const [, kind = "", id = ""] = path.split("/");
    if (kind === "vaults" && method === "GET") return this.#vault(id);
    if (kind !== "backups") return cbrError(404, "BackupService.9900", "no such URL");
    if (id === "") return this.#list(query);
    const backup = this.backups.get(id);
    if (backup === undefined) return cbrError(404, "BackupService.6200", "no such backup");
    if (method === "GET") return answer(200, { backup: this.#show(id, backup) });
    if (this.refusal !== null) return cbrError(400, ...this.refusal);
    if (backup.imageIds.length > 0)
      return cbrError(400, "BackupService.6204", "The backup has been used to create an image.");
    if (backup.status !== "available" && backup.status !== "error")
      return cbrError(400, "BackupService.6216", "The backup cannot be deleted: it is in use.");
    this.startDelete(id);
    return answer(204, "");
  }

  #vault(id: string): HttpResponse {
    const vault = this.vaults.get(id);
    if (vault === undefined) return cbrError(404, "BackupService.6120", "no such vault");
    const resources = vault.serverIds.map((serverId) => ({
      id: serverId,
      name: "web",
      type: "OS::Nova::Server",
      protect_status: "available",
      size: 40,
      extra_info: { exclude_volumes: [] },
    }));
    const billing = {
      allocated: vault.allocatedGib,
      cloud_type: "public",
      consistent_level: "crash_consistent",
      charging_mode: "post_paid",
      protect_type: vault.protectType,
      object_type: vault.objectType,
      spec_code: "vault.backup.server.normal",
      used: vault.usedMib,
      status: vault.status,
      size: vault.sizeGib,
    };
    const { name, expands } = vault;
    const about = { id, name, project_id: this.#projectId, auto_bind: false, auto_expand: expands };
    return answer(200, { vault: { ...about, resources, billing, tags: [] } });
  }

  /** Pages of two, so that nobody takes the first for all. */
  #list(query: URLSearchParams): HttpResponse {
    const wanted = [...this.backups].filter(
      ([, { vaultId, serverId }]) =>
        (query.get("vault_id") ?? vaultId) === vaultId &&
        (query.get("resource_id") ?? serverId) === serverId,
    );
    const after = wanted.findIndex(([id]) => id === query.get("marker")) + 1;
    const page = wanted.slice(after, after + Math.min(2, Number(query.get("limit") ?? 1000)));
    const backups = page.map(([id, backup]) => this.#show(id, backup));
    return answer(200, { count: wanted.length, backups });
  }

  #show(id: string, { vaultId, serverId, status, imageIds, createdAtMs }: DocumentedBackup) {
    const images = imageIds.map((imageId) => ({ image_id: imageId }));
    return {
      id,
      name: "backup_name",
      description: "",
      provider_id: "0daac4c5-6707-4851-97ba-169e36266b66",
      checkpoint_id: "8b0851a8-adf3-4f4c-a914-dead08bf9664",
      vault_id: vaultId,
      resource_id: serverId,
      resource_name: "web",
      resource_type: "OS::Nova::Server",
      resource_size: 40,
      resource_az: "az1.dc1",
      image_type: "backup",
      project_id: this.#projectId,
      status,
      children: [],
      created_at: new Date(createdAtMs).toISOString().replace("Z", "+00:00"),
      extend_info: {
        auto_trigger: false,
        supported_restore_mode: "snapshot",
        contain_system_disk: true,
        support_lld: true,
        ...(this.tellsImages ? { os_images_data: images } : {}),
      },
    };
  }
}

function cbrError(status: number, code: string, message: string): HttpResponse {
  return answer(status, { error_code: code, error_msg: message });
}
