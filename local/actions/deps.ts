import { createHash, randomBytes } from "node:crypto";
import type { Asker } from "../../shared/access/may.ts";
import type { Ids, Log, Queue, Store } from "../../shared/ports.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";

/** All that an action by HTTP works with. */
export interface ActionDeps {
  store: Store;
  queue: Queue;
  ids: Ids;
  log: Log;
  now: () => number;
  installationId: string;
  /** Those in force. */
  readonly recipes: ReadonlyMap<string, Recipe>;
}

/** Who asks for an action, and as which request. */
export interface Request {
  asker: Asker;
  /** The same for a request that is sent again. Null: each is a request of its own. */
  key: string | null;
}

/** `ci (token)` or `anna (sign-in)`, for records and reports. */
export function byOf({ known }: Asker): string {
  return `${known?.name ?? "somebody"} (${known?.kind === "person" ? "sign-in" : "token"})`;
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_LENGTH = 12;

/** A request sent again by the same token or person gets the same id. Nobody else's request can get it. */
export function requestId({ asker, key }: Request, action: string): string {
  const seed = key === null ? randomBytes(32) : [asker.known?.id ?? "", action, key].join("\n");
  const digest = createHash("sha256").update(seed).digest().subarray(0, ID_LENGTH);
  return [...digest].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
}
