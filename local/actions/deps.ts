import { createHash, randomBytes } from "node:crypto";
import type { Asker } from "../../shared/access/may.ts";
import type { Ids, Log, Queue, Store } from "../../shared/ports.ts";
import type { CleanUpActions } from "./clean-up.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";

/** All that an action by HTTP works with. */
export interface ActionDeps {
  store: Store;
  queue: Queue;
  ids: Ids;
  log: Log;
  now: () => number;
  installationId: string;
  /** Absent: this host reads no clouds for a clean-up. */
  cleanUp?: CleanUpActions;
  /** Those in force. */
  readonly recipes: ReadonlyMap<string, Recipe>;
}

/** Who asks for an action, and as which request. */
export interface Request {
  asker: Asker;
  /** The same for a request that is sent again. Null: each is a request of its own. */
  key: string | null;
}

/**
 * `ci (token)` or `anna (sign-in 1a2b3c4d)`, for records and reports. At some providers people choose their own name: the
 * digits, of the SHA-256 of `sub`, tell people of one name apart.
 */
export function byOf({ known }: Asker): string {
  if (known?.kind !== "person") return `${known?.name ?? "somebody"} (token)`;
  const digits = createHash("sha256").update(known.id).digest("hex").slice(0, 8);
  return `${known.name} (sign-in ${digits})`;
}

/** Writes down who has asked for something that changes the clouds or the records. */
export function noteAsked(log: Log, { known }: Asker, action: string, path: string): void {
  const by = known === null ? {} : { [known.kind]: known.name };
  log.info("asked by HTTP", { action, ...by, path });
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_LENGTH = 12;

/** A request sent again by the same token or person gets the same id. Nobody else's request can get it. */
export function requestId({ asker, key }: Request, action: string): string {
  const seed = key === null ? randomBytes(32) : [asker.known?.id ?? "", action, key].join("\n");
  const digest = createHash("sha256").update(seed).digest().subarray(0, ID_LENGTH);
  return [...digest].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
}
