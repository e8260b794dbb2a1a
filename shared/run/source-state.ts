import * as z from "zod/mini";

/** What the cloud's services show of a source at one time. */
export const sourceStateSchema = z.strictObject({
  /** The server was SHUTOFF, or no server had the volume: nothing could write to its disks. */
  isStill: z.boolean(),
  /** The value of the metadata key that the recipe names. Null: the recipe names none, or the source has none. */
  version: z.nullable(z.string()),
  /** Of the newest entry in Nova's list of actions. Null: the list was empty, or the source is a volume. */
  lastAction: z.nullable(z.string()),
  volumes: z.array(z.strictObject({ id: z.string(), updatedAt: z.nullable(z.string()) })),
});
export type SourceState = z.infer<typeof sourceStateSchema>;
