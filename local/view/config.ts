import * as z from "zod/mini";
import { documentSchema } from "./document.ts";

export const configDocument = z.extend(documentSchema, {
  /** The table on AWS, where the environment names one; null: the data file. */
  stack: z.nullable(z.string()),
  files: z.array(
    z.strictObject({
      file: z.enum(["recipes", "config", "data", "clouds"]),
      path: z.string(),
      exists: z.boolean(),
      /** `option`, `variable`; or where it was found, or would be made: this `folder`, the `user`'s, the `system`'s. */
      from: z.enum(["option", "variable", "folder", "user", "system"]),
      /** What names it first: an option, then a variable, then these places. */
      option: z.nullable(z.string()),
      variable: z.string(),
      searched: z.array(z.string()),
    }),
  ),
});
