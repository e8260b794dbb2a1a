import type { IncomingMessage } from "node:http";
import { type HttpAnswer, Refused } from "../http-answer.ts";
import { bodyOf } from "../request-body.ts";
import { requestTarget } from "../request-target.ts";
import { type Gate, needOwnPage, type Visitor } from "./gate.ts";
import { isHttps, isSameOrigin } from "./origin.ts";

const MAX_FORM_BYTES = 4096;

/**
 * `POST /sign-in` with the form field `token`: begins a sign-in and goes on to the page of the field `next`.
 * @throws Refused: 401 if it is no good token.
 */
export async function signIn(gate: Gate, request: IncomingMessage): Promise<HttpAnswer> {
  // Otherwise another site could sign somebody in with a token of its own.
  if (request.headers.origin !== undefined && !isSameOrigin(request)) throw otherOrigin();
  const form = await formOf(request);
  const { known } = await gate.signedIn(form.get("token") ?? "");
  const holder = { of: "token", id: known?.id ?? "" } as const;
  const cookie = gate.sessions.begin(holder, isHttps(request));
  return goTo(pathIn(form.get("next")), cookie);
}

/** `POST /sign-out` with the form field `csrf`. @throws Refused */
export async function signOut(
  gate: Gate,
  request: IncomingMessage,
  visitor: Visitor,
): Promise<HttpAnswer> {
  needOwnPage(visitor, request, (await formOf(request)).get("csrf") ?? "");
  return goTo("/sign-in", await gate.signOut(visitor, isHttps(request)));
}

/** @throws Refused */
export async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) {
    const remedy = "Send Content-Type: application/x-www-form-urlencoded";
    throw new Refused(415, "not-a-form", "This takes a form", remedy, "Content-Type");
  }
  const body = await bodyOf(request, MAX_FORM_BYTES);
  if (body === null) throw new Refused(413, "too-large", "The form is over 4 KiB");
  return new URLSearchParams(body.toString("utf8"));
}

/** A path of this host, never another one: `//host` and whole URLs are not followed. */
export function pathIn(next: string | null): string {
  return next !== null && requestTarget(next) !== null ? next : "/";
}

/** Source: RFC 9110, section 15.4.4: the browser goes on with GET. */
function goTo(path: string, cookie: string): HttpAnswer {
  return { status: 303, headers: { location: path, "set-cookie": cookie }, text: "" };
}

function otherOrigin(): Refused {
  const remedy = "Open the page again. A proxy in between has to pass on Host and Origin";
  return new Refused(403, "other-origin", "A page of another host sent this", remedy, "Origin");
}
