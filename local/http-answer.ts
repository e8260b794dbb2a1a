import { SCHEMA } from "./view/document.ts";

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

export function refusal(
  status: number,
  code: string,
  message: string,
  remedy: string | null = null,
): HttpAnswer {
  const error = { code, message, remedy, request_ids: [] };
  return { status, headers: {}, text: JSON.stringify({ schema: SCHEMA, error }) };
}
