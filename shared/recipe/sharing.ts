import * as z from "zod/mini";

/** With which projects a recipe shares its images, as a run and a record carry it. */
export const sharingSchema = z.strictObject({
  members: z.array(
    z.strictObject({
      /** Its id. */
      project: z.string(),
      /** An entry of clouds.yaml with its credentials. Null: none. */
      cloud: z.nullable(z.string()),
      accept: z.boolean(),
    }),
  ),
  /** Members lose an image once it is retired and they have the next one. */
  unshareRetired: z.boolean(),
});
export type Sharing = z.infer<typeof sharingSchema>;
export type Member = Sharing["members"][number];

export const NOT_SHARED: Sharing = { members: [], unshareRetired: false };
