import * as z from "zod/mini";
import { ROLES, stateOf, type Token } from "../../shared/access/token.ts";
import { documentSchema, listSchema, SCHEMA, time, timeOf, timeOrNull } from "./document.ts";
import { NotFound } from "./find-run.ts";

const tokenSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  /** Null: all recipes. */
  recipes: z.nullable(z.array(z.string())),
  state: z.enum(["good", "expired", "revoked"]),
  created_at: time,
  created_by: z.string(),
  /** Null: it does not expire. */
  expires_at: z.nullable(time),
  /** A day, in UTC. Null: it was never used. */
  last_used_on: z.nullable(z.iso.date()),
  revoked_at: z.nullable(time),
  revoked_by: z.nullable(z.string()),
});
export type TokenView = z.infer<typeof tokenSchema>;

export const tokensDocument = z.extend(listSchema, { tokens: z.array(tokenSchema) });
export const tokenDocument = z.extend(documentSchema, { token: tokenSchema });
export const newTokenDocument = z.extend(tokenDocument, {
  /** The token itself. It is shown here and never again. */
  secret: z.string(),
});

export function viewToken(token: Token, nowMs: number): TokenView {
  const { id, name, role, recipes, createdBy, createdAtMs, expiresAtMs, revoked } = token;
  return {
    id,
    name,
    role,
    recipes,
    state: stateOf(token, nowMs),
    created_at: timeOf(createdAtMs),
    created_by: createdBy,
    expires_at: timeOrNull(expiresAtMs),
    last_used_on: token.lastUsedDay,
    revoked_at: timeOrNull(revoked?.atMs),
    revoked_by: revoked?.by ?? null,
  };
}

export function viewTokens(
  tokens: readonly Token[],
  nowMs: number,
): z.infer<typeof tokensDocument> {
  return { schema: SCHEMA, tokens: tokens.map((each) => viewToken(each, nowMs)), next: null };
}

/** By its id, or by a name that one good token has. @throws NotFound */
export function tokenNamed(tokens: readonly Token[], name: string, nowMs: number): Token {
  const byId = tokens.find(({ id }) => id === name);
  if (byId !== undefined) return byId;
  const named = tokens.filter((token) => token.name === name);
  const [only, ...others] = named.filter((token) => stateOf(token, nowMs) === "good");
  if (only !== undefined && others.length === 0) return only;
  if (only === undefined) {
    const ended = named[0];
    throw new NotFound(
      ended === undefined
        ? `No token is named ${name}`
        : `The token ${name} is ${stateOf(ended, nowMs)} already`,
      "regild token list shows them",
    );
  }
  const ids = [only, ...others].map(({ id }) => id).join(", ");
  throw new NotFound(`Several tokens are named ${name}: ${ids}`, "Write the id");
}
