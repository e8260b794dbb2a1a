import * as z from "zod/mini";
import type { HttpResponse } from "../ports.ts";
import { unreadable, type Attempt } from "./classify.ts";
import type { CloudError } from "./errors.ts";

/** A success (2xx). */
export interface Answer {
  headers: Record<string, string>;
  /** Characters of the body. */
  length: number;
  /** @throws CloudError: not what the API promises. */
  read<T>(schema: z.ZodMiniType<T>): T;
  unreadable(problem: string): CloudError;
}

export function readable(attempt: Attempt, answer: HttpResponse): Answer {
  return {
    headers: answer.headers,
    length: answer.text.length,
    unreadable: (problem) => unreadable(attempt, problem),
    read: (schema) => {
      let body: unknown;
      try {
        body = JSON.parse(answer.text);
      } catch {
        throw unreadable(attempt, "no JSON");
      }
      const parsed = schema.safeParse(body);
      if (!parsed.success)
        throw unreadable(attempt, z.prettifyError(parsed.error).split("\n")[0] ?? "");
      return parsed.data;
    },
  };
}
