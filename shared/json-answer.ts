/** What an HTTP edge answers. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface Refusal {
  code: string;
  message: string;
  remedy: string;
}

export function jsonAnswer(
  status: number,
  document: object,
  headers: Record<string, string> = {},
): Answer {
  return {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify({ schema: "regild/v1", ...document }),
  };
}

export function refusal(
  status: number,
  error: Refusal,
  headers: Record<string, string> = {},
): Answer {
  return jsonAnswer(status, { error: { ...error, request_ids: [] } }, headers);
}
