import * as z from "zod/mini";
import { documentSchema } from "./document.ts";

/** What `regild init` has written. */
export const initDocument = z.extend(documentSchema, {
  file: z.string(),
  recipe: z.string(),
  text: z.string(),
  /** Commands to go on with. */
  next: z.array(z.string()),
});
