import * as z from "zod/mini";

/**
 * `read`: reads. `run`: also starts, ends, pauses and resumes runs. `admin`: also decides which image is current, and
 * withdraws images.
 */
export const ROLES = ["read", "run", "admin"] as const;
export type Role = (typeof ROLES)[number];

export const tokenSchema = z.strictObject({
  schema: z.literal(1),
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  /** Names of the recipes that it is good for. Null: all, also later ones. */
  recipes: z.nullable(z.array(z.string())),
  /** SHA-256 of the token's text, in hex. The token itself is stored nowhere. */
  digest: z.string(),
  createdBy: z.string(),
  createdAtMs: z.int(),
  expiresAtMs: z.nullable(z.int()),
  revoked: z.nullable(z.strictObject({ by: z.string(), atMs: z.int() })),
  /** UTC date, `2026-11-28`. A day is enough to find tokens that nobody uses, and costs one write a day. */
  lastUsedDay: z.nullable(z.string()),
});
export type Token = z.infer<typeof tokenSchema>;

export type TokenState = "good" | "expired" | "revoked";

export function stateOf({ revoked, expiresAtMs }: Token, nowMs: number): TokenState {
  if (revoked !== null) return "revoked";
  return expiresAtMs !== null && expiresAtMs <= nowMs ? "expired" : "good";
}
