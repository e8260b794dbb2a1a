import * as z from "zod/mini";
import { documentSchema } from "./document.ts";

export const versionDocument = z.extend(documentSchema, {
  version: z.string(),
  node: z.string(),
  /** As Node names it: `linux-x64`. */
  platform: z.string(),
});
