import type * as z from "zod/mini";
import type { Path } from "./problem.ts";

export type Issue = z.core.$ZodIssue;
export type UnknownKeys = z.core.$ZodIssueUnrecognizedKeys;

export function pathOf(path: readonly PropertyKey[]): Path {
  return path.map((step) => (typeof step === "number" ? step : String(step)));
}

export function partition(issues: readonly Issue[]): [UnknownKeys[], Issue[]] {
  const unknown: UnknownKeys[] = [];
  const wrong: Issue[] = [];
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys") unknown.push(issue);
    else wrong.push(issue);
  }
  return [unknown, wrong];
}
