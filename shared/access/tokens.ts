import { timingSafeEqual } from "node:crypto";
import type { Ids, Key, Store } from "../ports.ts";
import { commit, load, read, type Shelf, unborn } from "../protocol/actor.ts";
import { isTokenText, tokenDigest, tokenId, tokenText } from "./token-text.ts";
import { stateOf, type Token, tokenSchema } from "./token.ts";

export type TokenDeps = { store: Store; ids: Ids; now: () => number };

const PARTITION = "K#tokens";
/** An ended token stays in the list so long, for whoever asks what it was. */
const LISTED_AFTER_END_MS = 90 * 24 * 3_600_000;
const PAGE = 100;
const MAX_RACES = 20;

/** @param is with `lifeMs` null: it does not expire.
 * @returns the token's text, which nobody can read again, and its record. */
export async function createToken(
  deps: TokenDeps,
  is: Pick<Token, "name" | "role" | "recipes" | "createdBy"> & { lifeMs: number | null },
  random: Uint8Array,
): Promise<{ text: string; token: Token }> {
  const text = tokenText(random);
  const digest = tokenDigest(text);
  const { lifeMs, ...rest } = is;
  const createdAtMs = deps.now();
  const token: Token = {
    schema: 1,
    id: tokenId(digest),
    ...rest,
    digest,
    createdAtMs,
    expiresAtMs: lifeMs === null ? null : createdAtMs + lifeMs,
    revoked: null,
    lastUsedDay: null,
  };
  const won = await commit(deps, unborn(keyOf(token.id), token), token, shelfOf(token));
  if (won === null) throw new Error(`the token id ${token.id} is taken`);
  return { text, token };
}

/** All that are listed, ended ones too. The newest first. */
export async function listTokens(store: Store): Promise<Token[]> {
  const tokens: Token[] = [];
  let cursor: string | null = null;
  do {
    const page = await store.range(PARTITION, "token#", PAGE, cursor);
    for (const item of page.items) tokens.push(read(item, tokenSchema).doc);
    cursor = page.cursor;
  } while (cursor !== null);
  return tokens.toSorted((a, b) => b.createdAtMs - a.createdAtMs);
}

/** Ends a token at once, and every sign-in that was made with it. Does nothing to a revoked one. */
export async function revokeToken(deps: TokenDeps, id: string, by: string): Promise<Token | null> {
  return change(deps, id, (token) =>
    token.revoked === null ? { ...token, revoked: { by, atMs: deps.now() } } : null,
  );
}

export type Authenticated = { token: Token } | { refused: "unknown" | "expired" | "revoked" };

/** No token's hash. An unknown token is compared with it, so that it takes as long. */
const NOBODY = tokenDigest("");

/**
 * Finds the record of a token, and says whether it is good. The record's key comes from the token's hash, which nobody
 * can choose, and the hashes are compared in constant time. So the time it takes tells nothing of other tokens.
 */
export async function authenticate(deps: TokenDeps, text: string): Promise<Authenticated> {
  if (!isTokenText(text)) return { refused: "unknown" };
  const digest = tokenDigest(text);
  const token = (await load(deps.store, keyOf(tokenId(digest)), tokenSchema))?.doc ?? null;
  const isSame = timingSafeEqual(Buffer.from(digest), Buffer.from(token?.digest ?? NOBODY));
  if (token === null || !isSame) return { refused: "unknown" };
  return used(deps, token);
}

/** The token that a sign-in was made with, as it stands now. */
export async function authenticateById(deps: TokenDeps, id: string): Promise<Authenticated> {
  const token = (await load(deps.store, keyOf(id), tokenSchema))?.doc ?? null;
  return token === null ? { refused: "unknown" } : used(deps, token);
}

async function used(deps: TokenDeps, token: Token): Promise<Authenticated> {
  const state = stateOf(token, deps.now());
  if (state !== "good") return { refused: state };
  const lastUsedDay = new Date(deps.now()).toISOString().slice(0, 10);
  if (token.lastUsedDay === lastUsedDay) return { token };
  const noted = await change(deps, token.id, (before) => ({ ...before, lastUsedDay }));
  return { token: noted ?? token };
}

/** @returns the record as stored after the call; null: there is none. */
async function change(
  deps: TokenDeps,
  id: string,
  changed: (token: Token) => Token | null,
): Promise<Token | null> {
  for (let race = 0; race < MAX_RACES; race++) {
    const actor = await load(deps.store, keyOf(id), tokenSchema);
    if (actor === null) return null;
    const token = changed(actor.doc);
    if (token === null) return actor.doc;
    const won = await commit(deps, actor, token, shelfOf(token));
    if (won !== null) return won.doc;
  }
  throw new Error(`the token ${id} was changed by others ${MAX_RACES} times in a row`);
}

function shelfOf({ revoked, expiresAtMs }: Token): Shelf {
  const endsAtMs = revoked?.atMs ?? expiresAtMs;
  return {
    sweepAtMs: null,
    expiresAtMs: endsAtMs === null ? null : endsAtMs + LISTED_AFTER_END_MS,
  };
}

function keyOf(id: string): Key {
  return { pk: PARTITION, sk: `token#${id}` };
}
