import type { Hostile } from "./hostile.ts";
import type { BootOutcome } from "./resources.ts";

/** What an operator of this cloud may turn. Read at each use, so a test may change them at any time. */
export interface Settings {
  /** How long an image's data takes (`saving`), by the image's name. */
  uploadSeconds: (imageName: string) => number;
  /** How long it waits as `queued` before its data flows. */
  queuedSeconds: number;
  /** From createImage until Nova has captured the disk: the first three task states. */
  captureSeconds: number;
  /** From an active image until Nova's task state or Cinder's `uploading` ends. */
  statusLagSeconds: number;
  snapshotSeconds: number;
  volumeSeconds: number;
  bootSeconds: number;
  /** What becomes of servers that are booted from an image, by the image's id. */
  bootOutcome: (imageId: string) => BootOutcome;
  /** From ACTIVE until a guest has printed its last line. */
  guestSeconds: number;
  stopSeconds: number;
  startSeconds: number;
  /** From an accepted DELETE of a server, volume or snapshot until it is gone. */
  deleteSeconds: number;
  /** Cinder's `enable_force_upload`; upstream's default is false. */
  forceUpload: boolean;
  tokenSeconds: number;
  snapshotQuota: number;
  volumeQuota: number;
  gigabytesQuota: number;
  instanceQuota: number;
  /** Glance's `image_count_total` in Keystone; null: the operator has set no limits there. */
  imageQuota: number | null;
  /** Private images that IMS allows; null: this cloud has no IMS. */
  imsQuota: number | null;
  /** From an active full-server image until its backup is available. */
  backupSeconds: number;
  /** How long an export to OBS takes, by the image's id. */
  exportSeconds: (imageId: string) => number;
  /** IMS takes images of stopped servers only. */
  imsNeedsStopped: boolean;
  /** Images enter and leave lists so much later than they come and go. */
  listLagSeconds: number;
  /** GET by id does not know a new image for so long: one Glance of several, on a copy of the database. */
  showLagSeconds: number;
  /** Items per page of every list at most (`osapi_max_limit`, `api_limit_max`). */
  maxPage: number;
  /** What strangers have written here, and how a hostile service answers; null: all is as it should be. */
  hostile: Hostile | null;
  /** An active image of the first zone is copied to the others after so long; null: never. */
  syncSeconds: number | null;
  /** How an image service fetches images by itself (`enabled_import_methods`). */
  importMethods: readonly string[];
  /** Stores of each image service, the default one first. Empty: it has one alone, and tells of none. */
  stores: readonly string[];
  /** Whether the policy lets this project copy images to further stores (`copy_image`); by default only admins may. */
  mayCopyImages: boolean;
  /** How long a fetch from another region takes, by the image's name. */
  importSeconds: (imageName: string) => number;
  /** How long the content takes that comes over the API, by the image's name. */
  contentSeconds: (imageName: string) => number;
  /** A delete in the first zone reaches the others as well. */
  deletesTravel: boolean;
  /** How the catalog shows the zones' image services: each in a region of its own, or all in the first one. */
  imageServices: "regions" | "endpoints" | "services";
  /** Zones whose image service answers 503. */
  zonesDown: readonly string[];
  /** Where the catalog points `compute`: `v2` is the legacy path, which knows no microversions. */
  computePath: "v2.1" | "v2";
  /** Of every application credential; null: none. A service without `service_type` refuses every token with rules. */
  accessRules: Array<{ service: string; method: string; path: string }> | null;
  /** Whether `service_type` is set in the services' `[keystone_authtoken]`. */
  serviceTypeSet: boolean;
  /** Sign-ins are answered as some vendors do: odd entries in the catalog, `+00:00` for `Z`, `issued_at` of 1970. */
  oddSignIns: boolean;
  /** Newest minor microversions and Glance's minor version. */
  computeMinor: number;
  volumeMinor: number;
  imageMinor: number;
  /** Visibilities that the policies keep from members: Glance answers 403 to an image that asks for one. */
  refusedVisibilities: readonly string[];
  /** Roles in the project. With `reader` alone, the policies refuse whatever is no GET. */
  roles: readonly string[];
  /** Data sent to an image is compared with its disk_format, as Glance from 2025.1 on does. */
  inspectsContent: boolean;
  /** Every upload in this format is refused for its content, at its end, as Glance from 2025.1 on does; null: none is. */
  refusedDiskFormat: string | null;
  /** What Nova and Cinder do with an image id of the caller's own choosing: see chosen-image-id.ts. */
  chosenImageIds: "kept" | "ignored" | "refused-400" | "refused-403";
}

/** As the services of OpenStack Zed answer on one small machine. */
export function defaultSettings(): Settings {
  return {
    uploadSeconds: () => 2,
    queuedSeconds: 0,
    captureSeconds: 0.6,
    statusLagSeconds: 0.1,
    snapshotSeconds: 0.5,
    volumeSeconds: 1,
    bootSeconds: 3,
    bootOutcome: () => "boots",
    guestSeconds: 4,
    stopSeconds: 1.5,
    startSeconds: 1,
    deleteSeconds: 0.5,
    forceUpload: true,
    tokenSeconds: 86_400,
    snapshotQuota: 1_000,
    volumeQuota: 1_000,
    gigabytesQuota: 100_000,
    instanceQuota: 1_000,
    imageQuota: null,
    imsQuota: null,
    backupSeconds: 1,
    exportSeconds: () => 2,
    imsNeedsStopped: false,
    listLagSeconds: 0,
    showLagSeconds: 0,
    maxPage: 1_000,
    hostile: null,
    syncSeconds: null,
    importMethods: ["glance-direct", "web-download", "copy-image", "glance-download"],
    stores: [],
    mayCopyImages: false,
    importSeconds: () => 1,
    contentSeconds: () => 1,
    deletesTravel: false,
    imageServices: "regions",
    zonesDown: [],
    computePath: "v2.1",
    accessRules: null,
    serviceTypeSet: true,
    oddSignIns: false,
    computeMinor: 93,
    volumeMinor: 70,
    imageMinor: 15,
    refusedVisibilities: ["public"],
    roles: ["member", "reader"],
    inspectsContent: false,
    refusedDiskFormat: null,
    chosenImageIds: "kept",
  };
}
