import type { IncomingMessage } from "node:http";
import type { Log } from "../shared/ports.ts";
import { type HttpAnswer, refusal, Refused } from "./http-answer.ts";
import { requestTarget, type RequestTarget } from "./request-target.ts";
import { NotFound } from "./view/find-run.ts";

/** The answers of one listener. */
export type Site = (target: RequestTarget, request: IncomingMessage) => Promise<HttpAnswer>;

/** The answer with all its headers. Never throws: an error is an answer, and an unexpected one is logged. */
export async function siteAnswer(
  site: Site,
  log: Log,
  request: IncomingMessage,
): Promise<HttpAnswer> {
  const answer = await answerOrProblem(site, log, request);
  const headers = {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...answer.headers,
  };
  return { ...answer, headers };
}

async function answerOrProblem(
  site: Site,
  log: Log,
  request: IncomingMessage,
): Promise<HttpAnswer> {
  try {
    const target = requestTarget(request.url);
    return target === null ? WRONG_PATH : await site(target, request);
  } catch (error) {
    const answer = answerToError(error);
    const isTold = answer.status !== 500 || request.socket.destroyed;
    if (!isTold) log.error("http", { path: request.url, error: String(error) });
    return answer;
  }
}

const WRONG_PATH = refusal(
  400,
  "wrong-path",
  "The path has a backslash, a dot segment, an empty segment or an encoding that is not needed, or is a whole URL",
  "Send the plain path, for example /v1/status",
);

function answerToError(error: unknown): HttpAnswer {
  if (error instanceof Refused) return error.answer;
  if (error instanceof NotFound) return refusal(404, "not-found", error.message, error.remedy);
  if (error instanceof URIError) return refusal(400, "wrong-path", "The path is not well encoded");
  return refusal(500, "internal-error", "Regild could not answer; its log says why");
}
