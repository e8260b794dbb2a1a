import { expect } from "vitest";
import type { RunReport } from "../../local/view/run-report.ts";
import type { Run } from "../../shared/run/record.ts";

/** A run's timeline as text, for one that ended otherwise than it should. */
export function report(run: Run): string {
  const since = (atMs: number): string => ((atMs - run.startedAtMs) / 1000).toFixed(1).padStart(6);
  const lines = run.timeline.map(({ atMs, step, kind, text, count, calls }) => {
    const proof = calls.map((c) => `${c.method} ${c.path} ${c.status ?? "-"} ${c.requestId ?? ""}`);
    return `${since(atMs)}  ${step} ${kind}: ${text}${count === 1 ? "" : ` ×${count}`}  ${proof.join("; ")}`;
  });
  return [headline(run.id, run.outcome ?? run.step, run.failure), ...lines].join("\n");
}

function headline(
  id: string,
  state: string,
  failure: { code: string; message: string } | null,
): string {
  return `${id} ${state}${failure === null ? "" : ` ${failure.code}: ${failure.message}`}`;
}

export function expectSucceeded(run: Run): void {
  if (run.outcome !== "succeeded" || run.leftovers.length > 0) throw new Error(report(run));
}

/** The same of what the program prints. */
export function printedReport(run: RunReport): string {
  const lines = run.events.map(
    ({ at, step, kind, message, count }) => `${at}  ${step} ${kind}: ${message} ×${count}`,
  );
  return [headline(run.id, run.state, run.failure), ...lines].join("\n");
}

export function expectPrintedSuccess(run: RunReport): void {
  if (run.state !== "succeeded" || run.left.length > 0) throw new Error(printedReport(run));
}

/** Failed or cancelled, nothing left over, and with words that say what happened and what to do. */
export function expectFailed(
  run: Run,
  wanted: { code: string; message: RegExp | string; remedy: RegExp | string },
): void {
  const outcome = wanted.code === "cancelled" ? "cancelled" : "failed";
  if (run.outcome !== outcome || run.leftovers.length > 0) throw new Error(report(run));
  expect(run.failure?.code).toBe(wanted.code);
  expect(run.failure?.message).toMatch(wanted.message);
  expect(run.failure?.remedy).toMatch(wanted.remedy);
}
