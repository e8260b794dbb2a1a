import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import * as z from "zod/mini";

export const PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** What is signed, and by whom: a DSSE envelope (secure-systems-lab/dsse, envelope.md). No signature: nobody has signed. */
export const envelopeSchema = z.object({
  payloadType: z.literal(PAYLOAD_TYPE),
  payload: z.string(),
  signatures: z.array(z.object({ keyid: z.string(), sig: z.string() })),
});
export type Envelope = z.infer<typeof envelopeSchema>;

/** An Ed25519 key that signs statements. */
export interface SigningKey {
  keyId: string;
  sign(bytes: Buffer): Buffer;
}

/** @throws Error: no private Ed25519 key in PEM. */
export function signingKeyOf(pem: string): SigningKey {
  const key = ed25519(() => createPrivateKey(pem), "private");
  return { keyId: keyIdOf(createPublicKey(key)), sign: (bytes) => sign(null, bytes, key) };
}

/** Of a public key, or of the private key that it belongs to. @throws Error: no Ed25519 key in PEM. */
export function publicKeyOf(pem: string): KeyObject {
  return ed25519(() => createPublicKey(pem), "public");
}

function ed25519(read: () => KeyObject, kind: "private" | "public"): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch {
    // What OpenSSL says may quote the file.
    throw new Error(`is no ${kind} key in PEM`);
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new Error(`is a key of type ${key.asymmetricKeyType ?? "unknown"}, not Ed25519`);
}

/**
 * The key's fingerprint, as OpenSSH shows it. cosign 2.5.0 and 3.1.1 refuse a bundle whose signature has another id that is
 * not empty (SHA256KeyID in secure-systems-lab/go-securesystemslib, dsse/verify.go).
 */
export function keyIdOf(publicKey: KeyObject): string {
  const { x = "" } = publicKey.export({ format: "jwk" });
  const hash = createHash("sha256");
  for (const field of [Buffer.from("ssh-ed25519"), Buffer.from(x, "base64url")]) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    hash.update(length).update(field);
  }
  return `SHA256:${hash.digest("base64").replace(/=+$/, "")}`;
}

export function sealed(statement: object, key: SigningKey | null): Envelope {
  const payload = Buffer.from(JSON.stringify(statement));
  const signatures =
    key === null
      ? []
      : [
          {
            keyid: key.keyId,
            sig: key.sign(preAuthEncoding(PAYLOAD_TYPE, payload)).toString("base64"),
          },
        ];
  return { payloadType: PAYLOAD_TYPE, payload: payload.toString("base64"), signatures };
}

export function isSignedBy(
  { payloadType, payload, signatures }: Envelope,
  key: KeyObject,
): boolean {
  const bytes = preAuthEncoding(payloadType, Buffer.from(payload, "base64"));
  return signatures.some(({ sig }) => verify(null, bytes, key, Buffer.from(sig, "base64")));
}

/** The bytes that are signed: type and content, each with its length (secure-systems-lab/dsse, protocol.md). */
function preAuthEncoding(type: string, payload: Buffer): Buffer {
  const typeBytes = Buffer.byteLength(type);
  return Buffer.concat([Buffer.from(`DSSEv1 ${typeBytes} ${type} ${payload.length} `), payload]);
}
