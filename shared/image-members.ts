/** A project that an image is shared with. */
export interface ImageMember {
  project: string;
  /** `pending`, `accepted` or `rejected`: only an accepted image is in the project's lists. */
  status: string;
}

/** Projects that an image of visibility `shared` is shared with. Every method throws `CloudError` and nothing else. */
export interface ImageMembers {
  /** Complete: Glance has no pages of them. */
  members(imageId: string): Promise<ImageMember[]>;
  /**
   * The member is `pending`; it can use the image by its id.
   * @returns false: the service says that the project is a member already.
   */
  add(imageId: string, project: string): Promise<boolean>;
  /** With the credentials of that project. Repeating: does nothing more. */
  accept(imageId: string, project: string): Promise<void>;
  /** Repeating: no member is success. */
  remove(imageId: string, project: string): Promise<void>;
}
