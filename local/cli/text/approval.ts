import type { ApprovalView } from "../../view/approval.ts";
import { passedTestText } from "../../../shared/run/passed-test.ts";
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
  const tests = testBootRows(approval).map(([what, text]) => `${what}: ${text}`);
  return [...columns([title, ...comparisonRows(approval, nowMs)]), ...tests];
}

/** Of each test boot of the candidate: what it showed, and how the console ended. */
export function testBootRows({ test_boots: tests }: ApprovalView): Array<[string, string]> {
  return tests.flatMap((test): Array<[string, string]> => {
    const { availability_zone: zone, seconds, line, answered_at: answeredAt } = test;
    return [
      ["Test boot", passedTestText({ zone, seconds, line, answeredAt })],
      ...(test.console_tail === null
        ? []
        : [["End of its console", test.console_tail] satisfies [string, string]]),
    ];
  });
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
