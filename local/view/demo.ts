import * as z from "zod/mini";
import { documentSchema } from "./document.ts";

/** What `regild demo --serve` serves. */
export const demoCloudDocument = z.extend(documentSchema, {
  url: z.string(),
  /** Its name in clouds.yaml. */
  cloud: z.string(),
  /** The clouds.yaml that was written; null: another one was there, and `clouds_yaml` is for you to place. */
  clouds_file: z.nullable(z.string()),
  clouds_yaml: z.string(),
  servers: z.array(z.string()),
  volumes: z.array(z.string()),
});
