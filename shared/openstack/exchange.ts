import type { ApiCall, Http, HttpFailure, HttpRequest, HttpResponse } from "../ports.ts";
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

const READ_REPEATS = 2;

/**
 * The one place that sends. Reads without an answer are sent again at once, at most twice and within
 * the same time; nothing else is: a create repeated here would double below the run protocol.
 */
export async function exchange(
  request: ServiceRequest,
  wire: Wire,
): Promise<{ answer: HttpResponse | HttpFailure; call: ApiCall }> {
  for (let repeats = 0; ; repeats += 1) {
    const answer = await sendOnce(request, wire);
    const call = evidenceOf(request, answer);
    wire.seen(call);
    const again = answer.kind === "failure" && request.effect === "read";
    if (!again || repeats === READ_REPEATS || wire.now() >= request.giveUpAtMs) {
      return { answer, call };
    }
  }
}

async function sendOnce(
  request: ServiceRequest,
  { http, now }: Wire,
): Promise<HttpResponse | HttpFailure> {
  const timeoutMs = request.giveUpAtMs - now();
  if (timeoutMs <= 0) return { kind: "failure", sent: false, reason: "its time was over" };
  return http.send({
    method: request.method,
    url: request.url,
    headers: { accept: "application/json", "user-agent": "regild", ...request.headers },
    ...(request.body === null ? {} : { body: request.body }),
    timeoutMs,
    ...(request.effect === "once" ? { fresh: true } : {}),
  });
}

function evidenceOf(request: ServiceRequest, answer: HttpResponse | HttpFailure): ApiCall {
  const { method, service, url } = request;
  const path = new URL(url).pathname;
  if (answer.kind === "failure") return { method, service, path, status: null, requestId: null };
  const requestId =
    answer.headers["x-openstack-request-id"] ?? answer.headers["x-compute-request-id"] ?? null;
  return { method, service, path, status: answer.status, requestId };
}
