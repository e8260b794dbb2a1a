import * as z from "zod/mini";
import { SCHEMA } from "./schema-name.ts";

export { SCHEMA };

export const documentSchema = z.strictObject({ schema: z.literal(SCHEMA) });

/** A document with a list under its plural name; `next` is what to pass as `--after` for the rest, null at the end. */
export const listSchema = z.extend(documentSchema, { next: z.nullable(z.string()) });

/** RFC 3339, UTC, with milliseconds. */
export const time = z.iso.datetime();
export const seconds = z.number();

export const errorDocument = z.extend(documentSchema, {
  error: z.strictObject({
    /** A stable word. */
    code: z.string(),
    message: z.string(),
    remedy: z.nullable(z.string()),
    request_ids: z.array(z.string()),
  }),
});
export type ErrorDocument = z.infer<typeof errorDocument>;

/** What HTTP answers instead of a document: problem details of RFC 9457, and the same `error`. */
export const problemDocument = z.extend(errorDocument, {
  type: z.literal("about:blank"),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  /** Of the request, to blame for it. Null: no single one is. */
  field: z.nullable(z.string()),
});

export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

export function timeOrNull(ms: number | null | undefined): string | null {
  return ms == null ? null : timeOf(ms);
}

export function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0, (toMs - fromMs) / 1000);
}
