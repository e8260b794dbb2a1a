import { printable } from "../../progress/text-line.ts";
import type { DeadLetterView, RetryView } from "../../view/dead-letters.ts";
import { clock, clockCell, counted } from "./format.ts";
import type { Paint } from "./paint.ts";
import { type Column, type Sheet, sheetText } from "./sheet.ts";

const COLUMNS: Column[] = [
  { name: "WHEN", give: "text", leave: 3 },
  { name: "ID", give: "never" },
  { name: "OF", give: "never", leave: 2 },
  { name: "QUEUE", give: "never", leave: 1 },
  { name: "DONE", give: "text" },
  { name: "ERROR", give: "text", leave: 4 },
];
/** The whole of it is in the document. */
const MAX_ERROR = 100;

export function deadLettersText(
  deadLetters: DeadLetterView[],
  nowMs: number,
  paint: Paint,
  width = Number.POSITIVE_INFINITY,
): string[] {
  if (deadLetters.length === 0) return ["No dead letters."];
  return sheetText(deadLettersSheet(deadLetters, nowMs, paint), width);
}

export function deadLettersSheet(
  deadLetters: DeadLetterView[],
  nowMs: number,
  paint: Paint,
): Sheet {
  const rows = deadLetters.map((deadLetter) => [
    clockCell(deadLetter.last_at, nowMs),
    deadLetter.id,
    deadLetter.kind === "unknown" ? "–" : deadLetter.kind,
    deadLetter.queue ?? "–",
    doneText(deadLetter, nowMs, paint),
    errorText(deadLetter),
  ]);
  return { columns: COLUMNS, rows };
}

/** What somebody has to do; null: nothing. */
export function deadLettersNeedYou(stuck: number): string | null {
  if (stuck === 0) return null;
  return `${counted(stuck, "dead letter")} ${stuck === 1 ? "needs" : "need"} you: regild retry`;
}

function doneText(deadLetter: DeadLetterView, nowMs: number, paint: Paint): string {
  const times = deadLetter.count === 1 ? "" : `, ${deadLetter.count} times`;
  const text = `${DONE[deadLetter.done]}${times}`;
  switch (deadLetter.state) {
    case "stuck":
      return paint("red", text);
    case "put_back":
      return `${text}; put back ${deadLetter.put_back_at === null ? "" : clock(deadLetter.put_back_at, nowMs)}`;
    case "resolved":
      return deadLetter.done === "left" ? `${text}; has gone on` : text;
    case "not_ours":
      return text;
  }
}

const DONE: Record<DeadLetterView["done"], string> = {
  failed: "run failed",
  left: "left to the sweep",
  gone_on: "had gone on without it",
  no_record: "no such record",
  unreadable: "record unreadable",
  not_ours: "not Regild's, kept",
  given_up: "given up",
};

function errorText({ error, kind }: DeadLetterView): string {
  if (error === null) return kind === "unknown" ? "–" : "none seen: its worker ended each time";
  const text = printable(`${error.name}: ${error.message}`);
  return text.length <= MAX_ERROR ? text : `${text.slice(0, MAX_ERROR - 1)}…`;
}

export function retriedSheet(retried: RetryView[]): Sheet {
  const columns: Column[] = [
    { name: "ID", give: "never" },
    { name: "ACTION", give: "never" },
    { name: "QUEUE", give: "never" },
  ];
  return { columns, rows: retried.map(({ id, action, queue }) => [id, action, queue ?? "–"]) };
}

export function retriedText(retried: RetryView[], isDryRun: boolean, paint: Paint): string[] {
  if (retried.length === 0) return ["No dead letter has to be put back."];
  return retried.map((is) => {
    if (is.action === "refuse")
      return `${paint("red", "✗")} ${is.message ?? ""}. ${is.remedy ?? ""}`;
    const how = is.action === "send" ? "sent" : "put back as it was";
    return isDryRun
      ? `  ${is.id} would be ${how} to ${is.queue ?? ""}`
      : `${paint("green", "✓")} ${is.id} ${how} to ${is.queue ?? ""}`;
  });
}
