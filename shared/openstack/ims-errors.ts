import type { RefusalCode } from "./errors.ts";

/**
 * What an error code of IMS means. Almost all come with status 400, so the status tells nothing.
 * Source: Image Management Service API reference, "Error Codes".
 */
const MEANINGS: Record<string, "transient" | RefusalCode> = {
  "IMG.0060": "transient", // flow control
  "IMG.0010": "busy", // the server has a task
  "IMG.0022": "busy", // the state of its disk
  "IMG.0090": "busy", // the image is being created
  "IMG.0110": "busy", // the state of the volume
  "IMG.0132": "busy", // the state of the backup
  "IMG.0032": "busy",
  "IMG.0126": "busy", // the server is neither running nor stopped
  "IMG.0136": "busy", // the server is being backed up
  "IMG.0148": "busy", // the image is being exported
  "IMG.0176": "busy", // the backup of the image cannot be deleted
  "IMG.0187": "transient", // too many requests of KMS
  "IMG.0008": "server-runs",
  "IMG.0009": "name-taken",
  "IMG.0015": "quota-exceeded",
  "IMG.0088": "quota-exceeded",
  "IMG.0116": "quota-exceeded",
  "IMG.0005": "not-found", // no such server
  "IMG.0026": "forbidden",
  "IMG.0028": "protected",
  "IMG.0087": "forbidden", // the token may not ask IMS
  "IMG.0180": "vault-unfit", // CBR makes no image of this server
  "IMG.0182": "vault-full",
  "IMG.0183": "vault-unfit", // another vault has the server
  "IMG.0184": "vault-unfit", // no such vault
  "IMG.0185": "vault-full", // of servers
  "IMG.0186": "vault-unfit", // the server is in the older backup service
  "IMG.0188": "vault-unfit", // the vault is not available
  "IMG.0193": "vault-unfit", // it is no vault for servers
  "IMG.0095": "key-unfit", // no such key
  "IMG.0096": "key-unfit", // the image has it already
  "IMG.0097": "key-unfit", // it is not enabled
  "IMG.0099": "key-unfit", // no right to use it
  "IMG.0100": "key-unfit", // no right to use KMS
  "IMG.0101": "key-unfit", // the source's key does not exist
  "IMG.0102": "key-unfit", // the source's key is not enabled
  "IMG.0103": "key-unfit", // no right to use the source's key
  "IMG.0068": "bucket-unfit", // its name is empty
  "IMG.0069": "bucket-unfit", // it cannot be accessed
  "IMG.0109": "bucket-unfit", // its name has other characters
  "IMG.0070": "file-exists",
  "IMG.0071": "not-exportable",
  "IMG.0077": "not-exportable", // it is public
  "IMG.0079": "not-exportable", // it comes from a paid image
  "IMG.0080": "not-exportable", // it comes from a backup
  "IMG.0081": "not-exportable", // it comes from a file
  "IMG.0128": "not-exportable", // of a whole server
  "IMG.0130": "not-exportable",
  "IMG.0160": "not-exportable", // it has more than 128 GB
};

/** @returns null: the body holds no code of IMS. */
export function imsCode(body: string): string | null {
  return /"(?:error_)?code"\s*:\s*"(IMG\.\d{4})"/.exec(body)?.[1] ?? null;
}

/** @returns `invalid-request` for the codes that nothing but another request helps against. */
export function imsMeaning(code: string): "transient" | RefusalCode {
  return MEANINGS[code] ?? "invalid-request";
}
