import type { Head } from "../image/head.ts";
import { imageOf } from "../image/ledger.ts";
import type { Run } from "./record.ts";

/** @returns why the run cannot be cancelled any more; null: it can. */
export function tooLateToCancel(
  run: Run,
  head: Head | null,
): { message: string; isUndoing: boolean } | null {
  if (run.outcome !== null) {
    return { message: `Run ${run.id} has ended already: ${run.outcome}`, isUndoing: false };
  }
  const { candidate, failure } = run;
  const image = candidate === null || head === null ? undefined : imageOf(head, candidate.id);
  if (run.promoted || (image !== undefined && image.promotedAtMs !== null)) {
    const id = image?.id ?? candidate?.id ?? "";
    const message = `Too late: the image of ${run.id}, ${id}, is promoted, and the run only goes forward`;
    return { message, isUndoing: false };
  }
  if (failure !== null && failure.code !== "cancelled") {
    const message = `Run ${run.id} has failed already (${failure.code}) and is undoing what it did`;
    return { message, isUndoing: true };
  }
  return null;
}
