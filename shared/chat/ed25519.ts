import { createPublicKey, type KeyObject, verify } from "node:crypto";

/** An Ed25519 key in DER begins with these bytes (RFC 8410, section 4). */
const DER_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const SIGNATURE_BYTES = 64;

const known = new Map<string, KeyObject>();

/** @param publicKey 32 bytes in hex. */
export function isSignedBy(publicKey: string, signatureHex: string, data: Uint8Array): boolean {
  // Checked in any case, so that a malformed signature takes as long as a wrong one.
  const isWellFormed = /^[0-9a-f]{128}$/.test(signatureHex);
  const signature = isWellFormed ? Buffer.from(signatureHex, "hex") : Buffer.alloc(SIGNATURE_BYTES);
  const isGood = verify(null, data, keyObject(publicKey), signature);
  return isWellFormed && isGood;
}

function keyObject(publicKey: string): KeyObject {
  let key = known.get(publicKey);
  if (key === undefined) {
    const der = Buffer.concat([DER_PREFIX, Buffer.from(publicKey, "hex")]);
    key = createPublicKey({ key: der, format: "der", type: "spki" });
    known.set(publicKey, key);
  }
  return key;
}
