import * as z from "zod/mini";

/** Whom a recipe tells, as a run and a record carry it. No events: those that regild.yml says for this target. */
export const notificationsSchema = z.array(
  z.strictObject({ to: z.string(), events: z.array(z.string()) }),
);
