import * as z from "zod/mini";
import type { Row } from "../../shared/clean-up/things.ts";
import { documentSchema, SCHEMA } from "./document.ts";

const rowSchema = z.strictObject({
  kind: z.enum(["image", "snapshot", "volume", "server", "backup"]),
  id: z.string(),
  name: z.string(),
  /** In the store; null: the cloud does not say. Of a snapshot: of its volume. */
  size_gib: z.nullable(z.number()),
  cloud: z.string(),
  region_name: z.nullable(z.string()),
  /** Image services that have it. Empty for what is in no image service. */
  services: z.array(z.string()),
  /** Null: of none. */
  recipe: z.nullable(z.string()),
  /** `report`: Regild did not make it, and leaves it alone. */
  fate: z.enum(["keep", "delete", "report"]),
  why: z.string(),
  in_use_by: z.array(z.string()),
  /** The run at work that it belongs to. Null: none. */
  run: z.nullable(z.string()),
});
export type CleanUpRowView = z.infer<typeof rowSchema>;

export const cleanUpDocument = z.extend(documentSchema, {
  plan: z.string(),
  /** Null: all recipes, and what Regild did not make. */
  recipe: z.nullable(z.string()),
  freed_gib: z.number(),
  /** How many rows have each fate. */
  counts: z.strictObject({ delete: z.int(), keep: z.int(), report: z.int() }),
  rows: z.array(rowSchema),
  /** Null: nothing was deleted, the plan was only shown. `remaining`: ids that a host goes on with. */
  done: z.nullable(
    z.strictObject({ deleted: z.array(z.string()), remaining: z.array(z.string()) }),
  ),
});
export type CleanUpDocument = z.infer<typeof cleanUpDocument>;

export function viewCleanUp(
  { id, recipe, rows }: { id: string; recipe: string | null; rows: readonly Row[] },
  done: CleanUpDocument["done"] = null,
): CleanUpDocument {
  const count = (fate: Row["fate"]) => rows.filter((row) => row.fate === fate).length;
  return {
    schema: SCHEMA,
    plan: id,
    recipe,
    freed_gib: gibIn(rows.filter(({ fate }) => fate === "delete")),
    counts: { delete: count("delete"), keep: count("keep"), report: count("report") },
    rows: rows.map((row) => viewRow(row)),
    done,
  };
}

export function viewRow({ gib, services, usedBy, place, ...row }: Row): CleanUpRowView {
  const { cloud, region } = place;
  return { ...row, size_gib: gib, cloud, region_name: region, services, in_use_by: usedBy };
}

function gibIn(rows: readonly Row[]): number {
  return Math.round(rows.reduce((sum, { gib }) => sum + (gib ?? 0), 0) * 1000) / 1000;
}
