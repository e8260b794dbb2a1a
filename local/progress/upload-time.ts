import { expectedSeconds } from "../../shared/run/next-check.ts";
import { about, sentText } from "../cli/text/format.ts";
import { sentOf } from "../view/sent.ts";
import type { Watched } from "./watched.ts";

const CELLS = 16;
/** Looks are planned for the expected end, so an upload is seen to be over a little after it. */
const LATE = 1.25;

/**
 * How far an upload is, going by how long this recipe's earlier ones took, or how much of a copy Regild has sent. Empty while
 * none is under way.
 */
export function uploadTime(watched: Watched, nowMs: number): string {
  const upload = uploadOf(watched, nowMs);
  if (upload?.expected == null) return timeLeft(watched, nowMs);
  const share = Math.min(1, upload.elapsed / upload.expected);
  return `${bar(share)}  ${timeLeft(watched, nowMs)}`;
}

/** The same in words alone. */
export function timeLeft(watched: Watched, nowMs: number): string {
  const sent = sentOf(watched.run);
  if (sent !== null) return sentText(sent);
  const upload = uploadOf(watched, nowMs);
  if (upload === null) return "";
  const { elapsed, expected } = upload;
  if (expected === null) return `${about(elapsed)} so far`;
  if (elapsed < expected) return `about ${about(Math.ceil(expected - elapsed))} left`;
  return elapsed > expected * LATE ? `longer than the usual ${about(expected)}` : "any moment now";
}

function uploadOf({ run, recipeState }: Watched, nowMs: number) {
  if (run.step !== "check-status" || run.candidate === null) return null;
  const elapsed = Math.max(0, (nowMs - run.candidate.askedAtMs) / 1000);
  return { elapsed, expected: expectedSeconds(recipeState?.uploadSeconds ?? []) };
}

/** What a log is told once: how long the upload is going to take. */
export function usualTime({ run, recipeState }: Watched): string {
  const expected =
    run.step === "check-status" ? expectedSeconds(recipeState?.uploadSeconds ?? []) : null;
  return expected === null ? "" : `usually ${about(expected)}`;
}

/** @param share 0 to 1. */
function bar(share: number): string {
  const full = Math.floor(share * CELLS);
  return "█".repeat(full) + "░".repeat(CELLS - full);
}
