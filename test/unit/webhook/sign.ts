import { createHmac } from "node:crypto";

/** Written down here once more, by other hands than what is tested. */

export function githubSignature(secret: string, body: string | Uint8Array): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

/** @param secret `whsec_…` */
export function standardSignature(
  secret: string,
  { id, timestamp, body }: { id: string; timestamp: number | string; body: string },
): string {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const content = `${id}.${timestamp}.${body}`;
  return `v1,${createHmac("sha256", key).update(content).digest("base64")}`;
}
