import * as z from "zod/mini";
import { RUN_STATES } from "../view/run.ts";

const LIMIT = "Write a whole number from 1 to 1000";

const page = {
  limit: z._default(
    z.coerce
      .number({ error: LIMIT })
      .check(
        z.int({ error: LIMIT }),
        z.minimum(1, { error: LIMIT }),
        z.maximum(1000, { error: LIMIT }),
      ),
    20,
  ),
  /** The `next` of the page before. */
  after: z._default(z.nullable(z.string()), null),
};

export const noQuery = z.strictObject({});
export const pageQuery = z.strictObject(page);
export const runsQuery = z.strictObject({
  ...page,
  recipe: z._default(z.nullable(z.string()), null),
  state: z.optional(z.enum(RUN_STATES, { error: `Write one of ${RUN_STATES.join(", ")}` })),
  started_after: z.optional(
    z.iso.datetime({ error: "Write a time in UTC, for example 2026-11-28T12:00:00Z" }),
  ),
});
