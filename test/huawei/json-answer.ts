import type { HttpResponse } from "../../shared/ports.ts";

export function answer(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): HttpResponse {
  return {
    kind: "response",
    status,
    headers: { "content-type": "application/json", ...headers },
    text: body === "" ? "" : JSON.stringify(body),
  };
}

export function imsError(code: string, message: string, status = 400): HttpResponse {
  return answer(status, { error: { message, code } });
}
