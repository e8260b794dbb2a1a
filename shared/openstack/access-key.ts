import type { HttpFailure, HttpResponse } from "../ports.ts";
import type { AccessKeyAuth } from "./config.ts";
import type { ServiceRequest } from "./exchange.ts";
import { masked } from "./mask.ts";
import { signed } from "./signature.ts";

/** The request, signed. The token of a temporary key is signed as well, and so are all headers of the request. */
export function withSignature(
  request: ServiceRequest,
  auth: AccessKeyAuth,
  nowMs: number,
): ServiceRequest {
  const { securityToken } = auth;
  const token = securityToken === null ? {} : { "x-security-token": securityToken };
  const headers = { ...request.headers, ...token };
  return { ...request, ...signed({ ...request, headers }, auth, nowMs) };
}

/** A gateway that refuses a request may quote it. The security token goes with every request. */
export function maskedAnswer(
  answer: HttpResponse | HttpFailure,
  auth: AccessKeyAuth,
): HttpResponse | HttpFailure {
  if (answer.kind === "failure" || answer.status < 400) return answer;
  return { ...answer, text: masked(answer.text, auth) };
}
