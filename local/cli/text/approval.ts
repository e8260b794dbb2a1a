import type { ApprovalView } from "../../view/approval.ts";
import { about, bytes, clock } from "./format.ts";
import { columns } from "./table.ts";

type Difference = ApprovalView["differences"][number];

/** `waits for approval until today 14:00 UTC`. */
export function waitingText({ until }: ApprovalView, nowMs: number): string {
  return `waits for approval until ${clock(until, nowMs).replace("today ", "")}`;
}

/** What somebody who approves sees first: the candidate beside the current image. */
export function comparisonText(approval: ApprovalView, candidate: string, nowMs: number): string[] {
  const { compared_with: current } = approval;
  const title = ["", `CURRENT ${current?.name ?? "(none)"}`, `CANDIDATE ${candidate}`];
  return columns([title, ...comparisonRows(approval, nowMs)]);
}

/** Of each thing that differs: its name, and how it is in the current image and in the candidate. */
export function comparisonRows({ differences }: ApprovalView, nowMs: number): string[][] {
  return differences.map((difference) => [
    labelOf(difference.what),
    valueText(difference, difference.current, nowMs),
    valueText(difference, difference.candidate, nowMs),
  ]);
}

function labelOf(what: string): string {
  if (what === "created_at") return "age";
  return what === "size_bytes" ? "size" : what;
}

function valueText({ what }: Difference, value: string | null, nowMs: number): string {
  if (value === null) return "–";
  if (what === "created_at") return about(Math.max(0, (nowMs - Date.parse(value)) / 1000));
  return what === "size_bytes" ? bytes(Number(value)) : value;
}
