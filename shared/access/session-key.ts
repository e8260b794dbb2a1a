const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const MIN_BYTES = 32;

/**
 * The key that signs the cookies of the page.
 * @param text as `openssl rand -base64 32` prints it.
 * @throws Error, which tells nothing of the text.
 */
export function sessionKeyOf(text: string): Uint8Array {
  const trimmed = text.trim();
  const key = Buffer.from(trimmed, "base64");
  if (BASE64.test(trimmed) && key.length >= MIN_BYTES) return key;
  throw new Error(
    `the session key is not ${MIN_BYTES} or more bytes in base64. Make one: openssl rand -base64 ${MIN_BYTES}`,
  );
}
