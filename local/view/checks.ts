import * as z from "zod/mini";
import type { Finding } from "../../shared/openstack/finding.ts";
import { documentSchema } from "./document.ts";

const problem = z.strictObject({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  /** `web.image.name`; empty: the file itself. */
  path: z.string(),
  message: z.string(),
});

export const recipesCheckDocument = z.extend(documentSchema, {
  file: z.string(),
  /** Names of those that may be run; empty when anything in the file is wrong. */
  recipes: z.array(z.string()),
  problems: z.array(problem),
  /** The file is good, but may not mean what its author thinks. */
  warnings: z.array(problem),
});

const finding = z.strictObject({
  /** `unknown`: reading cannot tell. */
  state: z.enum(["ok", "problem", "unknown"]),
  area: z.string(),
  /** Of a recipe: `web.server`. */
  field: z.nullable(z.string()),
  message: z.string(),
  remedy: z.nullable(z.string()),
  request_ids: z.array(z.string()),
});
export type FindingView = z.infer<typeof finding>;

const examinedCloud = z.strictObject({
  cloud: z.string(),
  region_name: z.nullable(z.string()),
  findings: z.array(finding),
});
export type ExaminedCloud = z.infer<typeof examinedCloud>;

export const doctorDocument = z.extend(documentSchema, {
  /** Whether things were made and removed (`--act`). */
  acted: z.boolean(),
  clouds: z.array(examinedCloud),
  /** The OpenID provider of regild.yml. Null: there is none, or some recipes or one cloud were asked for. */
  sign_in: z.nullable(z.strictObject({ issuer: z.string(), findings: z.array(finding) })),
  /** Of the files, not of a cloud. */
  warnings: z.array(z.string()),
});

export function viewFinding({
  state,
  area,
  field,
  message,
  remedy,
  requestIds,
}: Finding): FindingView {
  return { state, area, field, message, remedy, request_ids: requestIds };
}
