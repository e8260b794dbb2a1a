import type { SigningKey } from "./dsse.ts";

/** What a statement of an image says of the program, and who signs it. */
export interface Attestation {
  /** Of Regild. */
  version: string;
  /** Null: statements are not signed. */
  key: SigningKey | null;
}
