import type { Caller } from "./identity-store.ts";
import { volumeImageMetadata } from "./cinder/volumes.ts";
import { newImage, type ImageFields } from "./glance/image.ts";
import { attach, forgetServer } from "./nova/server.ts";
import { keptByServer } from "./nova/snapshot-properties.ts";
import type { Image, Server, Snapshot, Vault, Volume } from "./resources.ts";
import type { World } from "./world.ts";

/**
 * What people do to a cloud beside the one under test. Every act takes place now, at once: no walk
 * through states, no policy.
 */
export class Operator {
  readonly #world: World;
  readonly #demo: Caller;
  readonly #settle: () => void;

  constructor(world: World, demo: Caller, settle: () => void) {
    this.#world = world;
    this.#demo = demo;
    this.#settle = settle;
  }

  /** Another project, with a user of the same name. */
  addProject(name: string, password: string, id?: string): Caller {
    return this.#world.identity.addProject(name, password, id);
  }

  /** An active image, of `demo` and in the first zone unless told otherwise. */
  addImage(fields: ImageFields & { zone?: string }): Image {
    this.#settle();
    const { zone: zoneName, ...rest } = fields;
    const zone = zoneName === undefined ? this.#world.firstZone : this.#zone(zoneName);
    const image = newImage(this.#world, {
      status: "active",
      projectId: this.#demo.project.id,
      diskFormat: "qcow2",
      containerFormat: "bare",
      sizeBytes: 2_490_368,
      ...rest,
    });
    this.#world.addImage(zone, image);
    return image;
  }

  /** An available volume. With an image: bootable, and with the image's properties. */
  addVolume(is: {
    name: string;
    sizeGib?: number;
    image?: Image;
    metadata?: Record<string, string>;
    project?: Caller;
  }): Volume {
    this.#settle();
    const world = this.#world;
    const owner = is.project ?? this.#demo;
    const volume: Volume = {
      id: world.newId(),
      name: is.name,
      projectId: owner.project.id,
      userId: owner.user.id,
      status: "available",
      sizeGib: is.sizeGib ?? 1,
      bootable: is.image !== undefined,
      attachments: [],
      metadata: { ...is.metadata },
      imageMetadata: is.image === undefined ? {} : volumeImageMetadata(is.image),
      snapshotId: null,
      createdAtMs: world.nowMs,
      updatedAtMs: world.nowMs,
    };
    world.volumes.set(volume.id, volume);
    world.note("created", "volume", volume.id, volume.name);
    return volume;
  }

  /** A server backup vault of CBR. */
  /** Of OBS. */
  addBucket(name: string): void {
    this.#world.buckets.set(name, new Map());
  }

  addVault(name: string, id = this.#world.newId()): Vault {
    this.#settle();
    const world = this.#world;
    const room = { sizeGib: 1000, usedMib: 0, serverIds: [] };
    const is = {
      projectId: this.#demo.project.id,
      objectType: "server",
      status: "available",
    } as const;
    const vault: Vault = { id, name, ...is, ...room };
    world.vaults.set(vault.id, vault);
    return vault;
  }

  /** A running server, booted from the image; or from its first volume, when there is no image. */
  addServer(is: {
    name: string;
    image?: Image;
    volumes?: Volume[];
    vmState?: string;
    metadata?: Record<string, string>;
    project?: Caller;
  }): Server {
    this.#settle();
    const world = this.#world;
    const owner = is.project ?? this.#demo;
    const server: Server = {
      id: world.newId(),
      name: is.name,
      projectId: owner.project.id,
      userId: owner.user.id,
      vmState: is.vmState ?? "active",
      taskState: null,
      locked: false,
      flavorId: "1",
      imageId: is.image?.id ?? null,
      bootProperties: keptByServer(is.image?.properties),
      volumes: [],
      metadata: { ...is.metadata },
      faultMessage: null,
      createdAtMs: world.nowMs,
      updatedAtMs: world.nowMs,
      actions: [],
    };
    for (const [index, volume] of (is.volumes ?? []).entries()) {
      attach(world, server, volume, is.image === undefined && index === 0 ? 0 : null);
    }
    world.servers.set(server.id, server);
    world.note("created", "server", server.id, server.name);
    return server;
  }

  /** As when its guest powers itself off: Nova sees it, and notes a stop that nobody asked for (seen on Epoxy). */
  powerOffByGuest(id: string): void {
    const server = this.#world.servers.get(id);
    if (server === undefined) return;
    const nowMs = this.#world.nowMs;
    server.vmState = "stopped";
    server.actions.unshift({
      action: "stop",
      requestId: this.#world.newRequestId(),
      startAtMs: nowMs,
      updatedAtMs: nowMs,
      message: null,
      event: "compute_stop_instance",
      finished: true,
      isByGuest: true,
    });
  }

  deleteServer(id: string): void {
    this.#settle();
    const server = this.#world.servers.get(id);
    if (server === undefined) return;
    forgetServer(this.#world, server);
  }

  deleteVolume(id: string): void {
    this.#settle();
    const volume = this.#world.volumes.get(id);
    if (volume === undefined) return;
    this.#world.volumes.delete(id);
    this.#world.note("deleted", "volume", id, volume.name);
  }

  deleteSnapshot(id: string): void {
    this.#settle();
    const snapshot = this.#world.snapshots.get(id);
    if (snapshot === undefined) return;
    this.#world.snapshots.delete(id);
    this.#world.note("deleted", "snapshot", id, snapshot.name);
  }

  deleteImage(id: string, zone?: string): void {
    this.#settle();
    this.#world.removeImage(zone === undefined ? this.#world.firstZone : this.#zone(zone), id);
  }

  /** All snapshots whose name is exactly this. */
  snapshotsNamed(name: string): Snapshot[] {
    this.#settle();
    return [...this.#world.snapshots.values()].filter((snapshot) => snapshot.name === name);
  }

  /** Tokens issued so far are worth nothing from now on. */
  revokeTokens(): void {
    this.#world.identity.tokens.clear();
  }

  #zone(name: string): World["firstZone"] {
    const zone = this.#world.zones.find((known) => known.name === name);
    if (zone === undefined) throw new Error(`this simulated cloud has no zone ${name}`);
    return zone;
  }
}
