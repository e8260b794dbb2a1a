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

/** A place where an image service keeps images. */
export interface ImageStore {
  id: string;
  /** It takes no images. */
  isReadOnly: boolean;
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
  /** Empty: this image service has one store alone, or does not say. */
  stores(): Promise<ImageStore[]>;
  /**
   * Asks for the content of an active image in one more store. Accepted is not done: look at the image's stores. Repeating
   * does no harm: one copy at a time is made, and none where one is.
   * @returns false: it is there, or another import of this image is under way.
   */
  copyTo(id: string, store: string): Promise<boolean>;
  /**
   * Whether these credentials may have this image, an active one, copied to further stores. Changes nothing. Null: nobody
   * knows.
   */
  mayCopy(id: string): Promise<boolean | null>;
  /** Why the newest fetch of this image failed. Null: it did not, or the image service does not say. */
  failureOf(id: string): Promise<string | null>;
}
