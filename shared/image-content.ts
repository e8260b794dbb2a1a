import type { HttpBody } from "./ports.ts";

export interface SendWatch {
  /** Told how many bytes have gone out. */
  sent: (bytes: number) => void;
  /** Breaks the transfer off. */
  signal: AbortSignal;
}

/** Sends the content, once. Never rejects. @returns why the image service did not take it. Null: it did. */
export type Send = (content: HttpBody, watch: SendWatch) => Promise<string | null>;

/** The content of images in one image service. */
export interface ImageContent {
  /** Whether these credentials can carry content. */
  isOffered(): Promise<boolean>;
  /**
   * Begins to read it. The content has to be sent or closed.
   * @throws CloudError not-offered: see `isOffered`; conflict: the image has none.
   */
  open(id: string): Promise<HttpBody>;
  /**
   * Signs in, and sends nothing yet. An image service takes content for an image that is `queued` only, and refuses a second
   * sender (409), one that comes when the image has its content (409), and one that comes when it is gone (404). If it is
   * deleted meanwhile, the content is thrown away (410). If the connection breaks, the image is `queued` again.
   */
  sender(id: string, sizeBytes: number): Promise<Send>;
}
