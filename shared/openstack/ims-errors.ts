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
  "IMG.0136": "busy", // the server is being backed up
  "IMG.0148": "busy", // the image is being exported
  "IMG.0008": "server-runs",
  "IMG.0009": "name-taken",
  "IMG.0015": "quota-exceeded",
  "IMG.0088": "quota-exceeded",
  "IMG.0116": "quota-exceeded",
  "IMG.0005": "not-found", // no such server
  "IMG.0026": "forbidden",
  "IMG.0028": "protected",
  "IMG.0087": "forbidden", // the token may not ask IMS
};

/** @returns null: the body holds no code of IMS. */
export function imsCode(body: string): string | null {
  return /"(?:error_)?code"\s*:\s*"(IMG\.\d{4})"/.exec(body)?.[1] ?? null;
}

/** @returns `invalid-request` for the codes that nothing but another request helps against. */
export function imsMeaning(code: string): "transient" | RefusalCode {
  return MEANINGS[code] ?? "invalid-request";
}
