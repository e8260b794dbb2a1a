import type * as z from "zod/mini";
import type { historyDocument, HistoryEvent, RequestView } from "../../view/history.ts";
import { clock, clockCell } from "./format.ts";
import { type Column, type Sheet, sheetText } from "./sheet.ts";

const COLUMNS: Column[] = [
  { name: "WHEN", give: "never" },
  { name: "WHAT", give: "never" },
  { name: "IMAGE", give: "name" },
  { name: "IN PLACE OF", give: "name", leave: 1 },
  { name: "BY", give: "name", leave: 2 },
  { name: "WHY", give: "text" },
];

export function historyText(
  {
    recipe,
    requests,
    events,
  }: Pick<z.infer<typeof historyDocument>, "recipe" | "requests" | "events">,
  nowMs: number,
  width = Number.POSITIVE_INFINITY,
): string[] {
  const asked = requests.map((request) => requestText(request, nowMs));
  if (events.length === 0) return [...asked, `No image of ${recipe} has become current yet.`];
  return [...asked, ...sheetText(historySheet(events, nowMs), width)];
}

export function historySheet(events: HistoryEvent[], nowMs: number): Sheet {
  const rows = events.map((event) => [
    clockCell(event.at, nowMs),
    whatText(event),
    nameOf(event.image),
    event.kind === "revoked" ? "–" : nameOf(event.from),
    event.by ?? "–",
    whyText(event),
  ]);
  return { columns: COLUMNS, rows };
}

function whatText({ kind }: HistoryEvent): string {
  switch (kind) {
    case "promoted":
      return "became current";
    case "adopted":
      return "adopted";
    case "rolled-back":
      return "current again";
    case "revoked":
      return "revoked";
    case "refused":
      return "request refused";
    case "deleted":
      return "deleted";
    case "deleted-elsewhere":
      return "deleted outside Regild";
  }
}

function whyText({ kind, from, to, reason, note }: HistoryEvent): string {
  const next = to === null ? "no image is current" : `${nameOf(to)} is current instead`;
  return [
    ...(reason === null ? [] : [reason]),
    ...(kind === "revoked" && from !== null ? [next] : []),
    ...(note === null
      ? []
      : [kind === "rolled-back" || kind === "revoked" ? `passed over: ${note}` : note]),
  ].join("; ");
}

function nameOf(image: HistoryEvent["image"]): string {
  return image === null ? "–" : (image.name ?? image.id);
}

/** `rollback to web-20261123-k3f9q2, asked for by anna (cli) today 09:30 UTC: not carried out yet`. */
function requestText({ kind, image, by, at, reason }: RequestView, nowMs: number): string {
  const of = kind === "revoke" ? " of" : " to";
  const which = image === null ? "" : `${of} ${nameOf(image)}`;
  const why = reason === null ? "" : ` (${reason})`;
  return `${kind}${which}, asked for by ${by} ${clock(at, nowMs)}${why}: not carried out yet`;
}
