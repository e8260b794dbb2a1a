import type { Head } from "../../shared/image/head.ts";
import { expectedSeconds } from "../../shared/run/next-look.ts";
import type { Run } from "../../shared/run/record.ts";
import { about } from "./durations.ts";

const CELLS = 16;
/** Looks are planned for the expected end, so an upload is seen to be over a little after it. */
const LATE = 1.25;

/** How far an upload is, going by how long this recipe's earlier ones took; empty while none is under way. */
export function uploadTime(run: Run, head: Head | null, nowMs: number): string {
  if (run.step !== "check-status" || run.candidate === null) return "";
  const elapsed = Math.max(0, (nowMs - run.candidate.askedAtMs) / 1000);
  const expected = expectedSeconds(head?.uploadSeconds ?? []);
  if (expected === null) return `${about(elapsed)} so far`;
  const left = expected - elapsed;
  if (left > 0) return `${bar(elapsed / expected)}  about ${about(left)} left`;
  const isLate = elapsed > expected * LATE;
  return `${bar(1)}  ${isLate ? `longer than the usual ${about(expected)}` : "any moment now"}`;
}

/** @param share 0 to 1. */
export function bar(share: number): string {
  const full = Math.min(CELLS, Math.max(0, Math.floor(share * CELLS)));
  return "█".repeat(full) + "░".repeat(CELLS - full);
}

/** What a log is told once: how long the upload is going to take. */
export function expectation(run: Run, head: Head | null): string {
  const expected = run.step === "check-status" ? expectedSeconds(head?.uploadSeconds ?? []) : null;
  return expected === null ? "" : `usually ${about(expected)}`;
}
