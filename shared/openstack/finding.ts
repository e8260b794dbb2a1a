import { CloudError } from "./errors.ts";

/** One thing that was looked at. `unknown`: it could not be told. */
export interface Finding {
  state: "ok" | "problem" | "unknown";
  /** `identity`, `catalog`, `compute`, `volume`, `image`, `recipe`. */
  area: string;
  /** The field of a recipe that it is about: `web.server`. */
  field: string | null;
  message: string;
  remedy: string | null;
  requestIds: string[];
}

export function finding(
  state: Finding["state"],
  area: string,
  message: string,
  remedy: string | null = null,
): Finding {
  return { state, area, field: null, message, remedy, requestIds: [] };
}

/** @throws whatever is no CloudError: a bug is no finding. */
export function problemOf(area: string, error: unknown, remedy: string | null): Finding {
  if (!(error instanceof CloudError)) throw error;
  const requestId = error.call?.requestId ?? null;
  return {
    ...finding("problem", area, error.message, remedy),
    requestIds: requestId === null ? [] : [requestId],
  };
}
