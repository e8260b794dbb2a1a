import type { ScheduledStart } from "../../view/schedule.ts";
import { clock, clockCell } from "./format.ts";
import { type Column, type Sheet, sheetText } from "./sheet.ts";

const COLUMNS: Column[] = [
  { name: "START", give: "never" },
  { name: "RECIPE", give: "never" },
  { name: "SCHEDULE", give: "text", leave: 2 },
  { name: "IN ITS ZONE", give: "text", leave: 1 },
  { name: "NOTE", give: "text" },
];

export function scheduleText(starts: ScheduledStart[], nowMs: number, width: number): string[] {
  if (starts.length === 0) return ["Nothing starts by schedule in this time."];
  return sheetText(scheduleSheet(starts, nowMs), width);
}

export function scheduleSheet(starts: ScheduledStart[], nowMs: number): Sheet {
  const rows = starts.map((start) => [
    clockCell(start.at, nowMs),
    start.recipe,
    start.cron,
    `${start.local_time} ${start.timezone}`,
    start.notes.map((note) => noteText(note, nowMs)).join("; "),
  ]);
  return { columns: COLUMNS, rows };
}

function noteText({ kind, other, other_at: at }: ScheduledStart["notes"][number], nowMs: number) {
  const when = at === null ? "" : clock(at, nowMs);
  switch (kind) {
    case "double":
      return `also by ${other}: one run for both`;
    case "repeated_hour":
      return `clocks go back: started ${when} already`;
    case "joins":
      return `joins the run of ${when}, which usually still works`;
    case "paused":
      return "left out: paused";
    case "same_source":
      return `waits for ${other} of ${when}: the same source`;
  }
}
