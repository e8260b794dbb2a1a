import type { ApiCall } from "../cloud-ports.ts";
import { cloudWords } from "../plain-text.ts";

/**
 * - `transient`: passes by itself; nothing was done. Retry, after `retryAfterSeconds` when given.
 * - `unanswered`: sent, and nobody knows whether it was done. Look before doing it again.
 * - `refused`: the cloud said no and did nothing. `code` says why.
 */
export type CloudErrorKind = "transient" | "unanswered" | "refused";

/** Stable words for what a cloud said no to. */
export type RefusalCode =
  | "sign-in-failed" // 401 with good reason: wrong password, no such project or role
  | "token-refused" // 401 to a token that Keystone issued a moment ago: the service itself refuses it
  | "forbidden" // 403 by policy
  | "quota-exceeded" // 403 or 413 by quota: retrying is useless
  | "not-found" // 404 of the resource acted on
  | "busy" // 409: another task holds it for now
  | "conflict" // 409, and waiting does not help (vm_state error, locked …)
  | "name-taken" // IMS: an image has this name
  | "server-runs" // IMS takes images of stopped servers only
  | "vault-full" // IMS: the vault has no room for the backup
  | "vault-unfit" // IMS: the vault takes no backup of this server
  | "key-unfit" // IMS cannot encrypt with this key
  | "not-exportable" // IMS exports no image of this kind, or of this size in this way
  | "bucket-unfit" // IMS cannot write into the bucket of OBS
  | "file-exists" // IMS: the bucket has a file of this name
  | "id-taken" // an image has, or had, the id that a new one was to have
  | "protected" // 403: image protected from deletion
  | "in-use" // 409: something depends on it
  | "force-refused" // volume in use, and the operator has not enabled forced uploads
  | "invalid-request" // 400, 406, 413 without retry, 415 …
  | "not-offered" // no such service, region or version in this cloud
  | "configuration"; // clouds.yaml: unknown cloud, missing field, unreadable certificate

export class CloudError extends Error {
  readonly kind: CloudErrorKind;
  readonly code: RefusalCode | null;
  readonly call: ApiCall | null;
  readonly retryAfterSeconds: number | null;
  /** What a person can do. Null: what the code says. */
  readonly remedy: string | null;

  constructor(
    message: string,
    is: {
      kind: CloudErrorKind;
      code?: RefusalCode;
      call?: ApiCall | null;
      retryAfterSeconds?: number | null;
      remedy?: string;
      cause?: unknown;
    },
  ) {
    super(cloudWords(message), is.cause === undefined ? undefined : { cause: is.cause });
    this.name = "CloudError";
    this.kind = is.kind;
    this.code = is.code ?? null;
    this.call = is.call ?? null;
    this.retryAfterSeconds = is.retryAfterSeconds ?? null;
    this.remedy = is.remedy ?? null;
  }
}

/** One answer was larger than what is read of one. */
export class TooLargeError extends CloudError {}

/** Not sent: the calls before it have used up the time for one message. */
export class OutOfTimeError extends CloudError {}

/** A list that was given up before its end: what it would still have shown is unknown. */
export class IncompleteListError extends CloudError {}
