import type { RefusalCode } from "./openstack/errors.ts";
import type { ImageQuota } from "./cloud-quotas.ts";
import type { ExportFormat } from "./recipe/recipe.ts";

/** A job that makes, copies or exports an image. */
export interface ImageJob {
  /** `INIT`, `RUNNING`, `SUCCESS`, `FAIL`: as the API writes it. */
  status: string;
  /** Null: not told yet. */
  imageId: string | null;
  /** Of a job for data disks: what it has made so far, in no certain order. */
  diskImages: Array<{ id: string; name: string }>;
  /** `IMG.0010`; null: none. */
  errorCode: string | null;
  /** What the error code means. Null: there is none. */
  meaning: "transient" | RefusalCode | null;
  failReason: string | null;
}

/** What the image holds. */
export type JobSource =
  | { kind: "system-disk"; serverId: string }
  | { kind: "data-disk"; volumeId: string }
  /** Data disks of one server. Each image has a name of its own. */
  | { kind: "data-disks"; disks: Array<{ volumeId: string; name: string }> }
  /** A server with all its disks: IMS has CBR make a backup in the vault, and makes the image of it. */
  | { kind: "full-server"; serverId: string; vaultId: string }
  /** A volume that an operating system is on, as IMS calls it: `Ubuntu 22.04 server 64bit`. */
  | { kind: "system-from-data-disk"; volumeId: string; osVersion: string };

/** Where a copy in another region is to be. */
export interface FarCopy {
  /** Of the copy, in the other region. */
  name: string;
  /** Its id. */
  region: string;
  /** Its project, by name. */
  projectName: string;
  /** The agency by which this account lets IMS work in other regions. */
  agencyName: string;
}

/** A file in OBS. */
export interface ExportFile {
  bucket: string;
  /** 1 to 128 letters, digits, hyphens, dots, underscores. */
  name: string;
  format: ExportFormat;
}

/** An image service that makes images itself, by jobs: the IMS of Huawei Cloud and Open Telekom Cloud. */
export interface ImageJobs {
  /**
   * Sent once. Repeating makes no second image, because IMS takes each name once.
   * @param name of the image. Of `data-disks`, it plays no part.
   * @throws CloudError name-taken: an image has this name.
   */
  createImage(source: JobSource, name: string): Promise<{ jobId: string }>;
  /**
   * Has the image copied in its region, encrypted with the key, and answers before that is done. Sent once. Repeating makes
   * no second copy, because IMS takes each name once.
   * @throws CloudError name-taken: an image has this name; key-unfit.
   */
  copyImage(imageId: string, copy: { name: string; cmkId: string }): Promise<{ jobId: string }>;
  /**
   * Has the image copied to another region, and answers before that is done. The copy has an id of its own. Sent once: the
   * document does not say that a name is taken once there.
   */
  copyToRegion(imageId: string, copy: FarCopy): Promise<{ jobId: string }>;
  /**
   * Has the image written into the file, and answers before that is done. Sent once. Repeating makes no second file:
   * while the image is being exported IMS is busy with it, and afterwards the file exists.
   * @throws CloudError busy, file-exists, not-exportable, bucket-unfit.
   */
  exportImage(imageId: string, file: ExportFile): Promise<{ jobId: string }>;
  /** @returns null: 404. */
  job(id: string): Promise<ImageJob | null>;
  /** @throws CloudError not-found: this cloud has no IMS. */
  quota(): Promise<ImageQuota>;
}
