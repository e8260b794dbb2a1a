import * as z from "zod/mini";
import type { Snapshot, Volume, Volumes } from "../cloud-ports.ts";
import type { VolumeQuota } from "../cloud-quotas.ts";
import { cloudWords } from "../plain-text.ts";
import { CloudError } from "./errors.ts";
import type { Failure } from "./instance-actions.ts";
import { requestIdOf } from "./exchange.ts";
import { isCloudId, isUuid, segment } from "../cloud-ids.ts";
import { isRaw } from "./lenient.ts";
import { readDecisive } from "./odd-record.ts";
import { entries, everyPage, nextByMarker } from "./pages.ts";
import { readVolumeQuota } from "./quota.ts";
import type { Answer } from "./answer.ts";
import { orGone, orNull, type Service, type ServiceCall } from "./service.ts";
import { utcMs } from "../utc-ms.ts";
import { atLeast, type Version } from "./versions.ts";
import { snapshotEntry, snapshotSchema, volumeEntry, volumeSchema } from "./volume-schemas.ts";

const volumePage = z.pipe(
  z.looseObject({ volumes: z.array(volumeEntry), volumes_links: z.optional(z.unknown()) }),
  z.transform((page) => ({
    items: page.volumes,
    next: nextByMarker(page.volumes, page.volumes_links),
  })),
);

const snapshotPage = z.pipe(
  z.looseObject({ snapshots: z.array(snapshotEntry), snapshots_links: z.optional(z.unknown()) }),
  z.transform((page) => ({
    items: page.snapshots,
    next: nextByMarker(page.snapshots, page.snapshots_links),
  })),
);

// Block Storage api-ref, "User messages"; seen on Zed.
const messagesSchema = z.looseObject({
  messages: entries(
    z.looseObject({
      user_message: z.string(),
      created_at: z.string(),
      request_id: z.nullish(z.string()),
      resource_uuid: z.nullish(z.string()),
    }),
  ),
});

/** What a wrong reading of would upload, keep or delete the wrong thing. */
const DECISIVE = ["status", "attachments", "snapshot_id"];

export class CinderVolumes implements Volumes {
  readonly #cinder: Service;

  constructor(cinder: Service) {
    this.#cinder = cinder;
  }

  async volume(id: string): Promise<Volume | null> {
    const answer = await orNull(this.#get("getVolume", `/volumes/${segment(id)}`));
    const volume = answer?.read(z.looseObject({ volume: volumeSchema })).volume ?? null;
    return readDecisive("volume", volume, DECISIVE);
  }

  async findVolumes(idOrName: string): Promise<Volume[]> {
    const byId = isUuid(idOrName) ? await this.volume(idOrName) : null;
    if (byId !== null) return [byId];
    // The filter ignores case where the database does.
    const found = await this.#volumes({ name: idOrName });
    const named = found.filter((volume) => volume.name === idOrName);
    for (const volume of named) readDecisive("volume", volume, ["id", ...DECISIVE]);
    return named;
  }

  volumes(): Promise<Volume[]> {
    return this.#volumes({});
  }

  async snapshot(id: string): Promise<Snapshot | null> {
    const answer = await orNull(this.#get("getSnapshot", `/snapshots/${segment(id)}`));
    const snapshot = answer?.read(z.looseObject({ snapshot: snapshotSchema })).snapshot ?? null;
    return readDecisive("snapshot", snapshot, DECISIVE);
  }

  snapshots(): Promise<Snapshot[]> {
    return everyPage(
      this.#cinder,
      { operation: "listSnapshots", path: "/snapshots/detail", query: {} },
      snapshotPage,
    );
  }

  /**
   * `force` goes as a boolean: every Cinder takes it, K5's sample with the string "True" notwithstanding
   * (both 202 on Zed; Kilo's bool_from_string reads either), and a second try in the other form would be
   * a second create. From 3.1 the image is made private, as Nova's are; before, Glance's default holds.
   */
  async uploadImage(
    volumeId: string,
    { name, diskFormat, force }: { name: string; diskFormat: string; force: boolean },
  ): Promise<{ imageId: string }> {
    const upload = {
      image_name: name,
      disk_format: diskFormat,
      container_format: "bare",
      force,
    };
    try {
      const path = `/volumes/${segment(volumeId)}/action`;
      const answer = await this.#create("uploadImage", path, (version) => ({
        "os-volume_upload_image": has(version, 1) ? { ...upload, visibility: "private" } : upload,
      }));
      return { imageId: idOf(answer, "os-volume_upload_image", "image_id") };
    } catch (error) {
      throw error instanceof CloudError && error.code === "busy"
        ? await this.#whyNotAvailable(volumeId, force, error)
        : error;
    }
  }

  /**
   * Cinder hands the volume's image metadata to Glance as fields of the new image, so `id` becomes its id. The volume
   * keeps it (seen on Zed, 2025.1, 2026.2).
   */
  async chooseImageId(volumeId: string, id: string | null): Promise<void> {
    const body =
      id === null
        ? { "os-unset_image_metadata": { key: "id" } }
        : { "os-set_image_metadata": { metadata: { id } } };
    const asked = this.#cinder.send({
      operation: "chooseImageId",
      effect: "repeatable",
      method: "POST",
      path: `/volumes/${segment(volumeId)}/action`,
      body: () => body,
    });
    await (id === null ? orGone(asked) : asked);
  }

  /**
   * With `force`, so that a volume in use will do. From 3.66 that is how it always is, and the key is
   * gone but for `true` (Block Storage api-ref, "Create a snapshot").
   */
  async createSnapshot(
    volumeId: string,
    name: string,
    metadata: Record<string, string>,
  ): Promise<{ snapshotId: string }> {
    const wished = { volume_id: volumeId, name, metadata };
    const answer = await this.#create("createSnapshot", "/snapshots", (version) => ({
      snapshot: has(version, 66) ? wished : { ...wished, force: true },
    }));
    return { snapshotId: idOf(answer, "snapshot", "id") };
  }

  async canRevert(): Promise<boolean> {
    return has(await this.#cinder.microversion(), 40);
  }

  /**
   * Cinder makes a snapshot of its own first, `[revert] volume ID backup snapshot`, and deletes it a moment after the
   * volume is `available` again. If the revert fails, the volume is `error` and that snapshot stays (seen on Zed;
   * Block Storage api-ref, "Revert volume to snapshot"; cinder/volume/manager.py, revert_to_snapshot).
   */
  async revert(volumeId: string, snapshotId: string): Promise<void> {
    await this.#cinder.send({
      operation: "revertVolume",
      effect: "once",
      method: "POST",
      path: `/volumes/${segment(volumeId)}/action`,
      body: () => ({ revert: { snapshot_id: snapshotId } }),
    });
  }

  /** Without a size it is as large as the snapshot (seen on Zed). */
  async createVolume(
    snapshotId: string,
    name: string,
    metadata: Record<string, string>,
  ): Promise<{ volumeId: string }> {
    const answer = await this.#create("createVolume", "/volumes", () => ({
      volume: { snapshot_id: snapshotId, name, metadata },
    }));
    return { volumeId: idOf(answer, "volume", "id") };
  }

  deleteSnapshot(id: string): Promise<void> {
    return this.#delete("deleteSnapshot", `/snapshots/${segment(id)}`);
  }

  deleteVolume(id: string): Promise<void> {
    return this.#delete("deleteVolume", `/volumes/${segment(id)}`);
  }

  quota(): Promise<VolumeQuota> {
    return readVolumeQuota(this.#cinder);
  }

  /** User messages exist from 3.3 and can be filtered from 3.5; filtered here too. */
  async failureOf(id: string, sinceMs: number): Promise<Failure | null> {
    if (!has(await this.#cinder.microversion(), 3)) return null;
    const answer = await this.#get("listMessages", "/messages", { resource_uuid: id });
    const newest = answer
      .read(messagesSchema)
      .messages.filter((message) => message.resource_uuid === id)
      .filter((message) => utcMs(message.created_at) >= Math.floor(sinceMs / 1000) * 1000)
      .toSorted((a, b) => utcMs(b.created_at) - utcMs(a.created_at))[0];
    if (newest === undefined) return null;
    return {
      message: cloudWords(newest.user_message),
      requestId: requestIdOf(newest.request_id),
    };
  }

  /**
   * Cinder says "status must be available" alike of a volume that is `uploading` and of one in use whose
   * forced upload the operator has not enabled (both seen on Zed). The volume itself tells which.
   */
  async #whyNotAvailable(
    volumeId: string,
    force: boolean,
    refusal: CloudError,
  ): Promise<CloudError> {
    const volume = await this.volume(volumeId);
    if (volume?.status !== "in-use") return refusal;
    const remedy = force
      ? "This cloud does not allow forced uploads (enable_force_upload of its Cinder)"
      : "It is in use, and the upload was not forced";
    return new CloudError(`${refusal.message}. ${remedy}`, {
      kind: "refused",
      code: "force-refused",
      call: refusal.call,
      cause: refusal,
    });
  }

  #volumes(query: Record<string, string>): Promise<Volume[]> {
    const call = { operation: "listVolumes", path: "/volumes/detail", query };
    return everyPage(this.#cinder, call, volumePage);
  }

  #get(operation: string, path: string, query: ServiceCall["query"] = {}) {
    return this.#cinder.send({ operation, effect: "read", method: "GET", path, query });
  }

  #create(operation: string, path: string, body: NonNullable<ServiceCall["body"]>) {
    return this.#cinder.send({ operation, effect: "once", method: "POST", path, body });
  }

  #delete(operation: string, path: string): Promise<void> {
    return orGone(this.#cinder.send({ operation, effect: "repeatable", method: "DELETE", path }));
  }
}

/** Of the thing that a create has made. */
function idOf(answer: Answer, thing: string, field: string): string {
  const body = answer.read(z.record(z.string(), z.unknown()))[thing];
  const id = isRaw(body) ? body[field] : undefined;
  if (!isCloudId(id)) throw answer.unreadable(`${field} of ${thing} is no id`);
  return id;
}

function has(version: Version | null, minor: number): boolean {
  return version !== null && atLeast(version, { major: 3, minor });
}
