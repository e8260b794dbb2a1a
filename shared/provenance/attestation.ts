import type { SigningKey } from "./dsse.ts";

/** What a statement of an image says of the program, and who signs it. */
export interface Attestation {
  /** Of Regild. Null: not known. */
  version: string | null;
  /**
   * Read when a statement is made. Null: statements are not signed.
   * @throws Error: there is a key, and it cannot be read. Then no statement is made, so none goes unsigned by mistake.
   */
  key: () => Promise<SigningKey | null>;
}
