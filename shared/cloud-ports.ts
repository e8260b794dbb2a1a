/**
 * What the core asks of a cloud, in domain words: the adapters in shared/openstack/ answer, by `Http` alone.
 */

import type { ServerWish } from "./server-wish.ts";
import type { ComputeQuota, ImageQuota, VolumeQuota } from "./cloud-quotas.ts";
import type { Backups } from "./backups.ts";
import type { ImageContent } from "./image-content.ts";
import type { ImageImports } from "./image-imports.ts";
import type { ImageJobs } from "./image-jobs.ts";
import type { ImageMembers } from "./image-members.ts";

/** One cloud call as evidence: never a header, body or query string, which may hold secrets. */
export interface ApiCall {
  method: string;
  service: "identity" | "compute" | "volume" | "image" | "network" | "cbr";
  path: string;
  /** Null: no answer. */
  status: number | null;
  requestId: string | null;
}

export interface Server {
  id: string;
  name: string;
  /** `ACTIVE`, `SHUTOFF`, `ERROR` …: as the API writes it. */
  status: string;
  taskState: string | null;
  /** Null for a volume-backed server. */
  imageId: string | null;
  volumeIds: string[];
  projectId: string;
  locked: boolean | null;
  /** Null: not told. */
  availabilityZone: string | null;
  faultMessage: string | null;
  /** IP addresses within its networks: no floating ones. */
  addresses: string[];
  metadata: Record<string, string>;
  /** Fields that hold something else than the API promises. */
  oddFields: string[];
}

/** One entry of os-instance-actions. */
export interface ServerAction {
  /** `stop`, `start`, `createImage`, `rebuild` … */
  action: string;
  requestId: string;
  /** Null: nobody asked for it, as where a guest powers itself off. */
  projectId: string | null;
}

/** How a server has a volume. */
export interface Attachment {
  device: string | null;
  /** Null: none, or Nova is too old to tell (2.70). */
  tag: string | null;
  /** Nova deletes the volume with the server. False too if Nova is too old to tell (2.79). */
  deleteOnTermination: boolean;
}

export interface Volume {
  id: string;
  name: string;
  /** `available`, `in-use`, `uploading`, `error` … */
  status: string;
  sizeGib: number;
  bootable: boolean;
  /** The snapshot it was made from. */
  snapshotId: string | null;
  /** The image it was made from; also of a volume made from such a volume's snapshot. */
  imageId: string | null;
  attachments: Array<{ serverId: string; device: string | null }>;
  projectId: string | null;
  metadata: Record<string, string>;
  /** Properties that an image uploaded from it will inherit. */
  imageProperties: Record<string, string>;
  /** As Cinder writes it. A guest that writes to the volume leaves it as it is. Null: never changed, or not told. */
  updatedAt: string | null;
  /** Fields that hold something else than the API promises. */
  oddFields: string[];
}

export interface Snapshot {
  id: string;
  name: string;
  volumeId: string;
  /** `creating`, `available`, `deleting`, `error`, `error_deleting` … */
  status: string;
  sizeGib: number;
  createdAtMs: number;
  metadata: Record<string, string>;
  /** Fields that hold something else than the API promises. */
  oddFields: string[];
}

export interface Image {
  id: string;
  name: string;
  /** `queued`, `saving`, `uploading`, `importing`, `active`, `deactivated`, `deleted`, `killed` … */
  status: string;
  visibility: string;
  ownerProjectId: string | null;
  sizeBytes: number | null;
  minDiskGib: number;
  minRamMib: number;
  diskFormat: string | null;
  containerFormat: string | null;
  hidden: boolean;
  protected: boolean;
  tags: string[];
  /** Of its content, with the name of the algorithm. Null: not told, as of an image that is made of snapshots. */
  hash: string | null;
  /** Stores that have it. Empty: not told, as where the image service has one store alone. */
  stores: string[];
  /** Stores that do not have it yet, and stores that could not take it (`os_glance_…`). Null: none. */
  storesImporting: string | null;
  storesFailed: string | null;
  /** An import into it is under way (`os_glance_import_task`): also while its status is still `queued`. */
  isImporting: boolean;
  /** By the image service's clock; 0: not told. */
  createdAtMs: number;
  /** By the same clock, to the second: of an image that nobody has changed since, when it became active. 0: not told. */
  updatedAtMs: number;
  /** Everything that is not a field of Glance's own. */
  properties: Record<string, string>;
  /** Volume snapshots that `block_device_mapping` names; a volume-backed image is worth nothing without them. */
  snapshotIds: string[];
  /**
   * The backup that `__backup_id` names. Images may inherit that from the image of their server: only CBR shows whose
   * backup it is. Null: none.
   */
  backupId: string | null;
  /** Fields that hold something else than the API promises. */
  oddFields: string[];
}

/** What a clean-up has to know of an image, whoever owns it. */
export interface ImageReferences {
  id: string;
  ownerProjectId: string | null;
  snapshotIds: string[];
  /** A field that could not be read: this image may need any snapshot. Null: all was read. */
  oddField: string | null;
}

export interface Flavor {
  id: string;
  name: string;
  vcpus: number;
  ramMib: number;
  /** 0: its servers boot from volumes. */
  diskGib: number;
}

/** `unknown`: the image service cannot be asked. */
export type VisibilityAnswer = { may: "yes" } | { may: "no" | "unknown"; why: string };

/** Null removes a property; adding what is there replaces it, removing what is not there does nothing. */
export interface ImageChange {
  name?: string;
  visibility?: string;
  hidden?: boolean;
  protected?: boolean;
  minDiskGib?: number;
  minRamMib?: number;
  properties?: Record<string, string | null>;
}

/** Every method throws `CloudError` (shared/openstack/errors.ts) and nothing else. */
export interface Compute {
  /** @returns null: 404. */
  server(id: string): Promise<Server | null>;
  /** As this process has read it within the last seconds, otherwise as `server`. */
  recentServer(id: string): Promise<Server | null>;
  /** By id, or by exact name (case counts): none, one or several. */
  findServers(idOrName: string): Promise<Server[]>;
  /** Complete or thrown: every page. */
  servers(): Promise<Server[]>;
  /**
   * Sent once. Repeating doubles, unless the cloud keeps `imageId`.
   * @param metadata becomes image properties; no Glance core name, under about 100 items.
   * @param imageId the id that the image is to have; null: Glance chooses. The answer says which it has.
   * @throws CloudError id-taken: an image has, or had, this id.
   */
  createImage(
    serverId: string,
    name: string,
    metadata: Record<string, string>,
    imageId?: string | null,
  ): Promise<{ imageId: string }>;
  /** Repeating: a stopped server is left stopped. */
  stop(serverId: string): Promise<void>;
  /** Repeating: a running server is left running. */
  start(serverId: string): Promise<void>;
  /** @returns null: the server does not have the volume. */
  attachment(serverId: string, volumeId: string): Promise<Attachment | null>;
  /** Accepted is not done: look at the volume. A root volume is refused. */
  detach(serverId: string, volumeId: string): Promise<void>;
  /** Accepted is not done: look at the volume. A volume that is attached already is refused. */
  attach(serverId: string, volumeId: string, attachment: Attachment): Promise<void>;
  /** Accepted is not done: look until null. Repeating: gone already is success. */
  deleteServer(serverId: string): Promise<void>;
  /** Names of this project's servers that were booted from the image. */
  serversFrom(imageId: string): Promise<string[]>;
  /** What was done to the server, newest first, by Nova's names. Null: this cloud does not show it. */
  actionsOf(serverId: string): Promise<ServerAction[] | null>;
  /** Why the newest `action` of this server since then failed, from os-instance-actions; null: it did not, or nobody says. */
  failureOf(
    serverId: string,
    action: string,
    sinceMs: number,
  ): Promise<{ message: string; requestId: string | null } | null>;
}

/** Servers that show whether an image boots. */
export interface ProbeWish {
  port: number;
  /** Of an HTTP GET that has to be answered with 200 to 299. Null: a TCP connection is enough. */
  path: string | null;
}
export type ProbeAnswer = { answeredAt: string } | { why: string };

export interface TestServers {
  /** Sent once. Repeating doubles. */
  create(wish: ServerWish): Promise<{ serverId: string }>;
  /** The end of what its console has printed so far. Null: there is none yet, or this cloud shows none. */
  console(serverId: string): Promise<string | null>;
  /** By id, or by exact name. @returns null: there is no such flavor, or the name is that of several. */
  flavor(idOrName: string): Promise<Flavor | null>;
  /** Ids of the networks that this project may use and that have this very name. */
  networksNamed(name: string): Promise<string[]>;
  /** Asks the server itself over its network, from where this program runs. One address has to answer. */
  probe(server: Pick<Server, "addresses">, wish: ProbeWish): Promise<ProbeAnswer>;
  quota(): Promise<ComputeQuota>;
}

export interface Volumes {
  volume(id: string): Promise<Volume | null>;
  findVolumes(idOrName: string): Promise<Volume[]>;
  /**
   * Sent once. Repeating doubles, unless an id was chosen and the cloud keeps it. No metadata: the API takes none.
   * @throws CloudError id-taken: an image has, or had, the id that was chosen.
   */
  uploadImage(
    volumeId: string,
    image: { name: string; diskFormat: string; force: boolean },
  ): Promise<{ imageId: string }>;
  /** The id that images uploaded from the volume are to have, from now on; null: the cloud chooses it. */
  chooseImageId(volumeId: string, id: string | null): Promise<void>;
  /** Sent once. Repeating doubles. */
  createSnapshot(
    volumeId: string,
    name: string,
    metadata: Record<string, string>,
  ): Promise<{ snapshotId: string }>;
  /** Sent once. Repeating doubles. */
  createVolume(
    snapshotId: string,
    name: string,
    metadata: Record<string, string>,
  ): Promise<{ volumeId: string }>;
  /** Whether this Cinder can put a volume back to its newest snapshot (3.40). */
  canRevert(): Promise<boolean>;
  /**
   * Puts an `available` volume back to its newest snapshot. Accepted is not done: the volume is `reverting`, then
   * `available`, or `error` if it failed. Refused in any other state, and while there is a newer snapshot.
   */
  revert(volumeId: string, snapshotId: string): Promise<void>;
  snapshot(id: string): Promise<Snapshot | null>;
  /** Complete or thrown: every page. */
  snapshots(): Promise<Snapshot[]>;
  /** Complete or thrown: every page. */
  volumes(): Promise<Volume[]>;
  /** Accepted is not done: look until null. Repeating: gone already is success. */
  deleteSnapshot(id: string): Promise<void>;
  deleteVolume(id: string): Promise<void>;
  quota(): Promise<VolumeQuota>;
  /** The newest user message about this volume or snapshot since then: why its upload, or its deletion, failed. */
  failureOf(
    id: string,
    sinceMs: number,
  ): Promise<{ message: string; requestId: string | null } | null>;
}

export interface Images {
  /**
   * One of ours. A field that decides and cannot be read is thrown as a transient failure that names it.
   * @returns null: 404. The only proof that an image is gone; absence from a list is none.
   */
  image(id: string): Promise<Image | null>;
  /** As this process has read it or left it within the last seconds, otherwise as `image`. */
  recentImage(id: string, withinMs?: number): Promise<Image | null>;
  /** By one list call for up to 60 ids; hidden ones and ones of others may be missing from the answer. */
  listed(ids: string[]): Promise<Map<string, Image>>;
  /** Images of this project with exactly this name (case counts), hidden ones too. */
  named(name: string): Promise<Image[]>;
  /** Every image these credentials can see: every visibility, hidden, every member status, every page. Complete or thrown. */
  everyImage(): Promise<ImageReferences[]>;
  /**
   * Of these, all that name a snapshot, or that cannot be read. A large list is asked for at most once an hour, and in
   * between only what has changed. So one that was deleted meanwhile may be among them, and one that was newly shared with
   * this project may be missing. Complete or thrown.
   */
  imagesNamingSnapshots(): Promise<ImageReferences[]>;
  /** Somebody else's image. Its fields decide nothing, so an odd one is no failure. @returns null: 404. */
  foreign(id: string): Promise<Image | null>;
  /** One atomic PATCH of `image`, as last seen, to the wished values; nothing is sent when it has them all. */
  change(image: Image, change: ImageChange): Promise<void>;
  addTag(id: string, tag: string): Promise<void>;
  /** Repeating: gone already is success. */
  removeTag(id: string, tag: string): Promise<void>;
  /**
   * Uses an id up, so that no create that is still on its way can make an image of that id any more: Glance remembers
   * the ids of deleted images, until its operator purges the database.
   * @returns false: an image has, or had, this id.
   */
  fence(id: string, name: string): Promise<boolean>;
  /**
   * Repeating: gone already is success. In use, protected: `CloudError`.
   * @param is `withBackup`: of a full-server image, so that IMS deletes its backup as well. Accepted is not done.
   * @returns whether it was there.
   */
  deleteImage(id: string, is?: { withBackup: boolean }): Promise<boolean>;
  /** Whether this image service may refuse an upload for its content: `raw` is not taken for every disk. */
  mayCheckContent(): Promise<boolean>;
  /** Whether these credentials may give an image this visibility. Asks the image service, and makes nothing. */
  mayGive(visibility: string): Promise<VisibilityAnswer>;
  /** @throws CloudError not-found: this image service tells no usage. */
  quota(): Promise<ImageQuota>;
}

/** One image service of a cloud. */
export interface ImageService {
  /** Its region; its URL where the region has several. */
  name: string;
  /** Empty: the catalog names none. */
  region: string;
  url: string;
  images: Images;
  imports: ImageImports;
  /** Null: this process carries no content. */
  content: ImageContent | null;
}

/** One cloud, region and project, as one pair of credentials sees it. */
export interface Cloud {
  compute: Compute;
  testServers: TestServers;
  volumes: Volumes;
  images: Images;
  imageMembers: ImageMembers;
  imageJobs: ImageJobs;
  backups: Backups;
  /**
   * A token of the last minute: the services reuse the one of a create for the whole upload.
   * @param service whose versions are asked for as well, so that a call announced next goes out alone.
   * @returns the project it is for.
   */
  authenticate(service?: "compute" | "volume"): Promise<{ projectId: string; projectName: string }>;
  /** The region that is used where the recipe names none: of clouds.yaml, or the only one of the catalog. */
  region(): Promise<string>;
  /**
   * Every image service that may have an image of this cloud, or name a snapshot of it: of each region, each endpoint and
   * each service of type image in the catalog. The one that `images` asks comes first.
   */
  everyImageService(): Promise<ImageService[]>;
}

export interface CloudRef {
  cloud: string;
  region: string | null;
}

export interface Clouds {
  /**
   * No IO.
   * @param seen is told of every call, with its answer.
   * @param untilMs no call begins at this time or later; left out: no bound.
   */
  open(ref: CloudRef, seen: (call: ApiCall) => void, untilMs?: number): Cloud;
}
