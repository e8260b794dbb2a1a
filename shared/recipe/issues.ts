import type * as z from "zod/mini";
import type { Path } from "./problem.ts";

export type Issue = z.core.$ZodIssue;
export type UnknownKeys = z.core.$ZodIssueUnrecognizedKeys;

export function pathOf(path: readonly PropertyKey[]): Path {
  return path.map((step) => (typeof step === "number" ? step : String(step)));
}

/**
 * A field may be a plain value or a mapping that says more, in this order: of what is neither, the problem of the one
 * that was meant counts.
 */
export function withoutUnions(issues: readonly Issue[], data: unknown): Issue[] {
  return issues.flatMap((issue): Issue[] => {
    if (issue.code !== "invalid_union") return [issue];
    const value = valueAt(data, issue.path);
    const isMapping = typeof value === "object" && value !== null && !Array.isArray(value);
    const meant = issue.errors.at(isMapping ? -1 : 0) ?? [];
    return meant.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
  });
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined),
    data,
  );
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
