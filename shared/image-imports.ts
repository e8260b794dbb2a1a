/** An image's record, before an image service has the content. */
export interface ImageRecord {
  id: string;
  name: string;
  visibility: string;
  hidden: boolean;
  diskFormat: string | null;
  containerFormat: string | null;
  minDiskGib: number;
  minRamMib: number;
  properties: Record<string, string>;
}

/** How an image service takes an image over from another one of the same cloud. */
export interface ImageImports {
  /** Names of the import methods that it offers. Empty: it offers none, or does not say. */
  methods(): Promise<string[]>;
  /** Repeating makes no second image. @returns false: an image has, or had, this id. */
  register(record: ImageRecord): Promise<boolean>;
  /**
   * Asks for the content of the image with the same id in the image service of `region`. Accepted is not done: look until
   * the image is active. Repeating does no harm: an image that has its content, or is about to, takes no other.
   * @returns false: no image waits for its content there.
   */
  fetch(id: string, region: string): Promise<boolean>;
  /** Why the newest fetch of this image failed. Null: it did not, or the image service does not say. */
  failureOf(id: string): Promise<string | null>;
}
