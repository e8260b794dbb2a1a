import type { ApiCall } from "../cloud-ports.ts";
import type { Http, HttpFailure, HttpRequest, HttpResponse } from "../ports.ts";
import { maskedUrls } from "../masked-urls.ts";
import { cloudWords } from "../plain-text.ts";
import type { Effect } from "./classify.ts";

/** One call to one service, headers complete. */
export interface ServiceRequest {
  service: ApiCall["service"];
  effect: Effect;
  method: HttpRequest["method"];
  url: string;
  headers: Record<string, string>;
  body: string | null;
  /** By then it is answered or given up, repeats included. */
  giveUpAtMs: number;
}

export interface Wire {
  http: Http;
  now: () => number;
  seen: (call: ApiCall) => void;
}

export interface Exchanged {
  answer: HttpResponse | HttpFailure;
  call: ApiCall;
}

const READ_REPEATS = 2;

/**
 * The one place that sends. Reads without an answer are sent again at once, at most twice and within
 * the same time; nothing else is: a create repeated here would double below the run protocol.
 */
export async function exchange(
  request: ServiceRequest,
  { http, now, seen }: Wire,
): Promise<Exchanged> {
  let answer: HttpResponse | HttpFailure = { kind: "failure", sent: false, reason: "out of time" };
  for (let sends = 0; sends <= READ_REPEATS; sends += 1) {
    const timeoutMs = request.giveUpAtMs - now();
    if (timeoutMs <= 0) break;
    answer = withoutSecrets(await http.send(httpRequest(request, timeoutMs)));
    seen(evidenceOf(request, answer));
    if (answer.kind === "response" || request.effect !== "read") break;
    if (answer.permanent || answer.tooLarge) break;
  }
  return { answer, call: evidenceOf(request, answer) };
}

/** The reason of a failure may quote the address of a service or a proxy, with user and password. */
export function withoutSecrets(answer: HttpResponse | HttpFailure): HttpResponse | HttpFailure {
  return answer.kind === "failure" ? { ...answer, reason: maskedUrls(answer.reason) } : answer;
}

export function httpRequest(request: ServiceRequest, timeoutMs: number): HttpRequest {
  return {
    method: request.method,
    url: request.url,
    headers: { accept: "application/json", "user-agent": "regild", ...request.headers },
    ...(request.body === null ? {} : { body: request.body }),
    timeoutMs,
    ...(request.effect === "once" ? { fresh: true } : {}),
  };
}

export function evidenceOf(request: ServiceRequest, answer: HttpResponse | HttpFailure): ApiCall {
  const { method, service, url } = request;
  const path = new URL(url).pathname;
  if (answer.kind === "failure") return { method, service, path, status: null, requestId: null };
  const requestId =
    answer.headers["x-openstack-request-id"] ?? answer.headers["x-compute-request-id"];
  return { method, service, path, status: answer.status, requestId: requestIdOf(requestId) };
}

export function requestIdOf(text: string | null | undefined): string | null {
  return text == null || text === "" ? null : cloudWords(text, 128);
}
