import type { ImageCopy } from "./record.ts";

/** The copies with the newest record of one of them. */
export function withCopy(copies: ImageCopy[], copy: ImageCopy | null): ImageCopy[] {
  return copies.map((one) => (one.zone === copy?.zone ? copy : one));
}
