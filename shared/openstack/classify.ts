import type { ApiCall } from "../cloud-ports.ts";
import type { HttpFailure, HttpResponse } from "../ports.ts";
import { cloudText } from "./cloud-text.ts";
import { CloudError, type RefusalCode, TooLargeError } from "./errors.ts";
import { imsCode, imsMeaning } from "./ims-errors.ts";
import { retryAfterSeconds } from "./retry-after.ts";

/**
 * - `read`: asks only; may be sent again at once.
 * - `repeatable`: the second does nothing more than the first (start, PATCH, DELETE by id).
 * - `once`: a second would double, or do harm late (creates, stop).
 */
export type Effect = "read" | "repeatable" | "once";

/** The call that was answered, in the API's own word for it (`createImage`). */
export interface Attempt {
  operation: string;
  effect: Effect;
  call: ApiCall;
}

/** The one place that reads meaning into an answer which is no success. */
export function classify(
  attempt: Attempt,
  answer: HttpResponse | HttpFailure,
  nowMs: number,
): CloudError {
  if (answer.kind === "failure") return noAnswer(attempt, answer);
  const text = saidBy(answer);
  const verdict = judge(attempt, answer, text);
  const said = `${text === "" ? "no reason given" : text} ${evidence(attempt.call, imsCode(answer.text))}`;
  const is = { call: attempt.call, retryAfterSeconds: retryAfterSeconds(answer.headers, nowMs) };
  if (verdict === "transient") {
    return new CloudError(`${attempt.call.service} cannot do ${attempt.operation} now: ${said}`, {
      ...is,
      kind: "transient",
    });
  }
  if (verdict === "unanswered") {
    return new CloudError(
      `${attempt.call.service} does not say whether ${attempt.operation} was done: ${said}`,
      { ...is, kind: "unanswered" },
    );
  }
  return new CloudError(`${attempt.call.service} refused ${attempt.operation}: ${said}`, {
    ...is,
    kind: "refused",
    code: verdict,
  });
}

/** A success with a body that the API does not promise: cut off, or from something in between. */
export function unreadable(attempt: Attempt, problem: string): CloudError {
  return new CloudError(
    `${attempt.call.service} answered ${attempt.operation}, but the answer cannot be used: ${problem} ${evidence(attempt.call)}`,
    { kind: attempt.effect === "read" ? "transient" : "unanswered", call: attempt.call },
  );
}

function noAnswer({ operation, effect, call }: Attempt, failure: HttpFailure): CloudError {
  const harmless = effect === "read" || !failure.sent;
  if (failure.permanent && harmless) {
    return new CloudError(`${call.service} cannot be reached for ${operation}: ${failure.reason}`, {
      kind: "refused",
      code: "configuration",
      call,
    });
  }
  const Kind = failure.tooLarge === true ? TooLargeError : CloudError;
  return new Kind(`${call.service} did not answer ${operation}: ${failure.reason}`, {
    kind: harmless ? "transient" : "unanswered",
    call,
  });
}

type Verdict = "transient" | "unanswered" | RefusalCode;

function judge(attempt: Attempt, answer: HttpResponse, text: string): Verdict {
  const { operation, effect, call } = attempt;
  const { status } = answer;
  const code = status === 400 || status === 403 ? imsCode(answer.text) : null;
  if (code !== null) return imsMeaning(code);
  if (isIdTaken(operation, status, text)) return "id-taken";
  // 408 and 5xx may come from a proxy that gave up while the service went on.
  if (status >= 500 || status === 408) return effect === "read" ? "transient" : "unanswered";
  switch (status) {
    case 400:
      return badRequest(operation, text);
    case 401:
      // A `once` is not sent again with a new token: its time would no longer be its caller's.
      return effect === "once" ? "transient" : "sign-in-failed";
    case 403:
      return forbidden(operation, text);
    case 404:
      return isOfTheService(call, answer) ? "not-found" : "transient";
    case 407:
      return "configuration"; // of the proxy
    case 409:
      return conflict(operation, text);
    case 413:
      return tooLarge(answer, text);
    case 425:
    case 429:
      return "transient";
    default:
      // An answer to a question nobody asked: a redirect, or a service root where a resource should be.
      return status < 400 ? "configuration" : "invalid-request";
  }
}

/**
 * Glance's 409 to an id that is, or was, an image's, as Nova and Cinder hand it on: a 500 that names the exception of its
 * client, and a 400 with Glance's own words (seen on Zed, 2025.1 and 2026.2).
 */
function isIdTaken(operation: string, status: number, text: string): boolean {
  if (operation === "createRecord") return status === 409;
  if (operation === "createImage") return status === 500 && text.includes("HTTPConflict");
  return operation === "uploadImage" && status === 400 && text.includes("already exists");
}

/**
 * Cinder and Nova say 400 when a volume or snapshot is in a state that passes, and only the text tells:
 * "Invalid volume: Volume ID status must be available, but current status is: uploading" (seen on Zed).
 * Deletes by id have no other reason for 400 than the state of what is deleted.
 */
function badRequest(operation: string, text: string): Verdict {
  if (DELETES_BY_ID.includes(operation)) return "in-use";
  return /status must be/i.test(text) ? "busy" : "invalid-request";
}

/** Of CBR: "The backup cannot be deleted because it is in use" (API reference, "Error Codes", 6201, 6204, 6216). */
const DELETES_BY_ID = ["deleteVolume", "deleteSnapshot", "deleteBackup"];

/**
 * Quota and policy share 403 at Nova: "Quota exceeded for resources: snapshots", "Image metadata limit
 * exceeded" against "Policy doesn't allow …"; protection and policy share it at Glance (seen on Zed).
 */
function forbidden(operation: string, text: string): Verdict {
  if (/^Policy doesn't allow/i.test(text)) return "forbidden";
  if (operation === "deleteImage" && /is protected/i.test(text)) return "protected";
  return /quota|limit exceeded/i.test(text) ? "quota-exceeded" : "forbidden";
}

/**
 * A proxy's 404 must not be read as "the image is gone". The services give a request id; without one
 * the body has to speak of the resource, and not of the URL as web servers do.
 */
function isOfTheService(call: ApiCall, answer: HttpResponse): boolean {
  if (call.requestId !== null || /^\s*\{/.test(answer.text)) return true;
  return call.path
    .split("/")
    .some(
      (part) =>
        part.length >= 32 && answer.text.includes(part) && !answer.text.includes(`/${part}`),
    );
}

/**
 * Nova: "while it is in task_state X" passes, and so does vm_state building; other states and locks
 * stay until somebody acts (nova-errors, Zed). Glance: a DELETE waits for what depends on the image
 * (RBD clones); an atomic PATCH lost against another one, so look again.
 */
function conflict(operation: string, text: string): Verdict {
  if (operation === "deleteImage") return "in-use";
  if (operation === "updateImage") return "transient";
  return /task_state|vm_state building/.test(text) ? "busy" : "conflict";
}

/** Cinder's quota comes with `Retry-After: 0`, Glance's without; a rate limit names seconds to wait. */
function tooLarge(answer: HttpResponse, text: string): Verdict {
  const retryAfter = answer.headers["retry-after"];
  if (retryAfter !== undefined && retryAfter !== "0") return "transient";
  return /limit|quota|exceed/i.test(text) ? "quota-exceeded" : "invalid-request";
}

function saidBy(answer: HttpResponse): string {
  if (answer.status === 407)
    return "the proxy wants a user and a password: http://USER:PASSWORD@HOST:PORT";
  return answer.status < 400 ? pointer(answer) : cloudText(answer.text);
}

/** Of an answer that leads elsewhere: a redirect from http to https, a list of versions. */
function pointer(answer: HttpResponse): string {
  const location = answer.headers["location"];
  return location === undefined ? "this is not where the API is" : `the API is at ${location}`;
}

function evidence(call: ApiCall, code: string | null = null): string {
  return `(${[call.status, code, call.requestId].filter((part) => part !== null).join(", ")})`;
}
