import * as z from "zod/mini";
import type { Backup, BackupPlace, Backups, Vault } from "../backups.ts";
import { segment } from "../cloud-ids.ts";
import { cloudWords } from "../plain-text.ts";
import { utcMs } from "../utc-ms.ts";
import { entries, everyPage } from "./pages.ts";
import { orGone, orNull, type Service } from "./service.ts";

const id = z.string().check(z.minLength(1));
const size = z._default(z.number(), 0);

const backupSchema = z.pipe(
  z.looseObject({
    id,
    name: z.nullish(z.string()),
    status: z.string(),
    vault_id: z.string(),
    resource_id: z.string(),
    resource_size: z.nullish(z.number()),
    created_at: z.nullish(z.string()),
    extend_info: z.nullish(
      z.looseObject({ os_images_data: z.nullish(z.array(z.looseObject({ image_id: id }))) }),
    ),
  }),
  z.transform((raw): Backup => ({
    id: raw.id,
    name: cloudWords(raw.name ?? "", 255),
    status: cloudWords(raw.status, 64),
    vaultId: raw.vault_id,
    serverId: raw.resource_id,
    sizeGib: raw.resource_size ?? 0,
    imageIds: (raw.extend_info?.os_images_data ?? []).map(({ image_id }) => image_id),
    createdAtMs: utcMs(raw.created_at),
  })),
);

const vaultSchema = z.pipe(
  z.looseObject({
    id,
    name: z.nullish(z.string()),
    auto_expand: z.nullish(z.boolean()),
    resources: z.nullish(z.array(z.looseObject({ id: z.string() }))),
    billing: z.looseObject({
      status: z.string(),
      object_type: z.string(),
      protect_type: z.string(),
      size,
      used: size,
      allocated: size,
    }),
  }),
  z.transform(({ billing, ...raw }): Vault => ({
    id: raw.id,
    name: cloudWords(raw.name ?? "", 255),
    status: cloudWords(billing.status, 64),
    objectType: cloudWords(billing.object_type, 64),
    protectType: cloudWords(billing.protect_type, 64),
    sizeGib: billing.size,
    usedMib: billing.used,
    allocatedGib: billing.allocated,
    isExpanding: raw.auto_expand ?? false,
    serverIds: (raw.resources ?? []).map((resource) => resource.id),
  })),
);

/** The list tells no next page: a page with fewer backups than `count` may have one, and an empty one is the last. */
const backupPage = z.pipe(
  z.looseObject({ backups: entries(backupSchema), count: z.nullish(z.number()) }),
  z.transform(({ backups, count }) => {
    const last = backups.at(-1);
    const isAll = last === undefined || (count != null && backups.length >= count);
    return { items: backups, next: isAll ? null : { marker: last.id } };
  }),
);

/**
 * Cloud Backup and Recovery. Source: Cloud Backup and Recovery API reference, "Querying a Specified Vault", "Querying a
 * Specified Backup", "Querying All Backups", "Deleting a Backup".
 */
export class Cbr implements Backups {
  readonly #service: Service;

  constructor(service: Service) {
    this.#service = service;
  }

  async vault(vaultId: string): Promise<Vault | null> {
    const answer = await orNull(this.#get("showVault", `/vaults/${segment(vaultId)}`));
    return answer?.read(z.looseObject({ vault: vaultSchema })).vault ?? null;
  }

  async backup(backupId: string): Promise<Backup | null> {
    const answer = await orNull(this.#get("showBackup", `/backups/${segment(backupId)}`));
    return answer?.read(z.looseObject({ backup: backupSchema })).backup ?? null;
  }

  async backupsIn({ vaultId, serverId }: BackupPlace): Promise<Backup[]> {
    const query = { vault_id: vaultId, resource_id: serverId };
    const call = { operation: "listBackups", path: "/backups", query };
    const found = await everyPage(this.#service, call, backupPage);
    // A service that does not know a filter lists everything.
    return found.filter((one) => one.vaultId === vaultId && one.serverId === serverId);
  }

  async deleteBackup(backupId: string): Promise<void> {
    await orGone(
      this.#service.send({
        operation: "deleteBackup",
        effect: "repeatable",
        method: "DELETE",
        path: `/backups/${segment(backupId)}`,
      }),
    );
  }

  #get(operation: string, path: string) {
    return this.#service.send({ operation, effect: "read", method: "GET", path });
  }
}
