import type { HttpRequest, HttpResponse } from "../ports.ts";
import type { GitHost } from "./target.ts";

/** How a run stands, as GitHub names it. */
export type CommitState = "pending" | "success" | "failure" | "error";

export interface CommitStatus {
  repository: string;
  sha: string;
  state: CommitState;
  /** The status of one recipe replaces its earlier one. */
  context: string;
  description: string;
  targetUrl: string | null;
}

/** What differs between Git hosts. */
export interface GitHostApi {
  url: string;
  /** Without the time-out. */
  request: (
    host: GitHost & { url: string },
    status: CommitStatus,
  ) => Omit<HttpRequest, "timeoutMs">;
  /** True if the commit shows this status already. */
  isThere: (answer: HttpResponse, status: CommitStatus) => boolean;
  /** Statuses of answers that will be the same at every repetition. */
  finalStatuses: readonly number[];
}

/** Counted in characters as both hosts do; a sign of two UTF-16 units is not cut in half. */
export function cut(text: string, characters: number): string {
  const all = Array.from(text.replaceAll(/\s+/g, " "));
  return all.length <= characters ? all.join("") : `${all.slice(0, characters - 1).join("")}…`;
}
