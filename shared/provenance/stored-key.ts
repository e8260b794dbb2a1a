import { type SigningKey, signingKeyOf } from "./dsse.ts";

/**
 * The key that signs statements, as it is stored on AWS.
 * @param text a private Ed25519 key in PEM. Empty: none is stored.
 * @throws Error, which tells nothing of the text.
 */
export function storedSigningKey(text: string): SigningKey | null {
  if (text === "") return null;
  try {
    return signingKeyOf(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `what is stored as signing.pem ${why}. Make one: openssl genpkey -algorithm ed25519`,
      { cause: error },
    );
  }
}
